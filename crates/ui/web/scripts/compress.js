/** Compresses what was built, once, as small as it gets: `x.js.br` and `x.js.gz` beside `x.js`. The services send these. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../../dist/site/", import.meta.url));
const files = readdirSync(dist, { recursive: true }).filter((name) => /\.(html|js|css|svg)$/.test(name));

for (const name of files) {
  const plain = readFileSync(dist + name);
  const params = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const encoded = { br: brotliCompressSync(plain, { params }), gz: gzipSync(plain, { level: constants.Z_BEST_COMPRESSION }) };
  for (const [suffix, bytes] of Object.entries(encoded)) {
    if (bytes.length < plain.length) writeFileSync(`${dist}${name}.${suffix}`, bytes);
  }
}
