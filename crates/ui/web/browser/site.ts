/** Somebody else's web site, on another origin, with as strict a policy as a site can have. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const NONCE = "c2l0ZQ";

/** Styles that would ruin any page they leak into. */
const HOSTILE = `
  * { color: rgb(200, 0, 0) !important; font-size: 30px; letter-spacing: 4px; }
  button { width: 400px; border: 9px dotted lime; }`;

/** Styles of a site one would like to have. */
export const SHOP = `
  body { margin: 0; font-family: system-ui, sans-serif; color: #1c2733; background: #f3efe8; }
  main { margin: 88px 64px; max-width: 330px; }
  h1 { font-size: 44px; line-height: 1.1; margin: 0 0 16px; }
  a { color: #076045; }
  #spa { display: none; }`;

interface Own {
  body?: string;
  script?: (host: string, nonce: string) => string;
  styles?: string;
}

export class Site {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** `own` is what the site has besides: markup in its body, another way to load the script, another policy for styles. */
  static async start(host: string, attributes = `data-title="Talk to Kestrel"`, style = HOSTILE, own: Own = {}): Promise<Site> {
    const policy = [
      "default-src 'none'",
      `script-src ${host} 'nonce-${NONCE}'`,
      own.styles ?? `style-src 'nonce-${NONCE}'`,
      `frame-src ${host}`,
      "img-src data:",
      "base-uri 'none'",
      "require-trusted-types-for 'script'",
    ].join("; ");
    const page = `<!doctype html><html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1"><title>Kestrel Outdoor</title>
      <link rel="icon" href="data:,">
      <style nonce="${NONCE}">${style}</style></head>
      <body><main><h1>Tents and boots</h1><p><a href="/next">Next page</a></p><button id="spa">Go</button></main>
      <script nonce="${NONCE}">
        document.getElementById("spa").onclick = () => {
          history.pushState({}, "", "/by-script");
          document.body.replaceChildren(Object.assign(document.createElement("h1"), { textContent: "Another view" }));
        };
      </script>
      ${own.body ?? ""}
      ${own.script?.(host, NONCE) ?? `<script src="${host}/widget.js" ${attributes} defer></script>`}</body></html>`;
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy });
      response.end(page);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // Another name for this machine is another site to a browser, not just another origin.
    return new Site(server, `http://localhost:${(server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
