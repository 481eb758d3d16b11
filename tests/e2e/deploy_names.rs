//! deploy/ and the program name the same things: settings, figures, paths, listeners; and the runbook knows every alert.
//!
//! Whether the files fit each other is looked at by scripts/check-deploy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use e2e::{World, http};
use helpline_service::settings::Settings;

/// Figures that neither an alert nor the dashboard looks at, each with its reason.
const UNUSED_FIGURES: &[&str] = &[];

/// What is no route of actix-web's.
const OTHER_PATHS: &[&str] = &["/socket.io"];

/// What only machines inside ask.
const INSIDE: &[&str] = &["/health", "/ready", "/serving", "/metrics"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder with its text; secrets that somebody has made there are not ours to read.
fn files(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if !path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(".env"))
        {
            let text = fs::read_to_string(&path).expect("a text");
            found.push((path, text));
        }
    }
}

fn deployed() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root().join("deploy"), &mut found);
    found
}

/// The words of a text that begin so and go on with what `is_part` allows.
fn words<'a>(text: &'a str, start: &str, is_part: fn(char) -> bool) -> BTreeSet<&'a str> {
    text.match_indices(start)
        .map(|(at, _)| {
            let rest = &text[at..];
            &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())]
        })
        .collect()
}

/// What stands between each `before` and the next `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before)
        .skip(1)
        .filter_map(|rest| rest.split_once(after))
        .map(|(found, _)| found)
        .collect()
}

/// Section and key of every setting, and the default of those that have one.
fn settings() -> BTreeMap<(String, String), String> {
    let page = text("crates/service/src/settings/default.toml");
    let mut section = String::new();
    let mut found = BTreeMap::new();
    for line in page.lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            name.clone_into(&mut section);
        } else if let Some((key, value)) = line
            .strip_prefix("# ")
            .unwrap_or(line)
            .split_once(" = ")
            .filter(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        {
            let value = value.trim_matches('"').to_owned();
            found.insert((section.clone(), key.to_owned()), value);
        }
    }
    found
}

#[test]
fn every_variable_is_a_setting() {
    let known: BTreeSet<String> = settings()
        .keys()
        .map(|(section, key)| format!("HELPLINE__{section}__{key}").to_uppercase())
        .collect();
    for (path, text) in deployed() {
        let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        for name in words(&text, "HELPLINE__", is_part) {
            assert!(
                known.contains(name),
                "{}: no setting is called {name}",
                path.display()
            );
        }
    }
}

#[test]
fn every_setting_in_a_sentence_is_one() {
    let known = settings();
    let sections: BTreeSet<&str> = known.keys().map(|(section, _)| section.as_str()).collect();
    let page = text("deploy/README.md");
    for quoted in page.split('`').skip(1).step_by(2) {
        let Some((section, key)) = quoted.split_once('.') else {
            continue;
        };
        if sections.contains(section) && key != "*" {
            let name = (section.to_owned(), key.to_owned());
            assert!(known.contains_key(&name), "there is no setting {quoted}");
        }
    }
}

#[test]
fn the_services_start_with_what_the_manifests_and_the_image_set() {
    for (path, text) in deployed() {
        let is_manifest = path.ends_with("kustomization.yaml");
        if !is_manifest && !path.ends_with("Dockerfile") {
            continue;
        }
        let lines = text.lines().map(str::trim);
        let set = lines
            .map(|line| line.trim_start_matches("- ").trim_start_matches("ENV "))
            .map(|line| line.trim_end_matches('\\').trim())
            .filter(|line| line.starts_with("HELPLINE__"))
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .chain([("HELPLINE__AUTH__JWT_SECRET".to_owned(), "0".repeat(64))]);
        if let Err(error) = Settings::from_parts(None, set) {
            panic!("{}: {error}", path.display());
        }
    }
}

#[test]
fn every_listener_is_shown_by_the_image_the_compose_file_and_the_proxy() {
    let known = settings();
    let of_settings = known.iter().filter(|((_, key), _)| key == "bind");
    let of_settings = of_settings.map(|((section, _), address)| {
        let (_, port) = address.rsplit_once(':').expect("a port");
        (section.as_str(), port)
    });
    let listeners: BTreeSet<_> = of_settings.collect();
    let dockerfile = text("deploy/Dockerfile");
    let exposed: BTreeSet<&str> = between(&dockerfile, "EXPOSE ", "\n")[0]
        .split(' ')
        .collect();
    let ports: BTreeSet<&str> = listeners.iter().map(|(_, port)| *port).collect();
    assert_eq!(exposed, ports, "EXPOSE of the image");
    for (section, port) in listeners {
        let bind = format!("HELPLINE__{}__BIND=0.0.0.0:{port}", section.to_uppercase());
        let service = match section {
            "subscriber" => "subscriber",
            _ => "chat-server",
        };
        for (file, line) in [
            ("deploy/Dockerfile", bind.clone()),
            ("deploy/kubernetes/base/kustomization.yaml", bind),
            (
                "deploy/kubernetes/base/chat-server.yaml",
                format!("containerPort: {port}"),
            ),
            ("deploy/compose.yaml", format!("\"{port}\"")),
            ("deploy/Caddyfile", format!("{service}:{port}")),
        ] {
            let file = file.replace("chat-server", service);
            assert!(text(&file).contains(&line), "{file} has no {line}");
        }
    }
}

#[test]
fn the_image_is_called_by_the_release() {
    let release = env!("CARGO_PKG_VERSION");
    for (file, line) in [
        ("deploy/Dockerfile", format!("ARG VERSION={release}\n")),
        (
            "deploy/kubernetes/overlays/dev/kustomization.yaml",
            format!("newTag: {release}\n"),
        ),
        (
            "deploy/kubernetes/overlays/prod/kustomization.yaml",
            format!("newTag: {release}\n"),
        ),
        (
            "deploy/kubernetes/overlays/cluster/kustomization.yaml",
            format!("newTag: {release}\n"),
        ),
    ] {
        assert!(text(file).contains(&line), "{file} has no {line}");
    }
}

/// The names under which Prometheus has what a page of figures declares, each with its family.
fn figures(page: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in page.lines() {
        let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.split_once(' '))
        else {
            continue;
        };
        let endings: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        for ending in endings {
            found.insert(format!("{name}{ending}"), name.to_owned());
        }
    }
    found
}

#[tokio::test]
async fn every_figure_exists_and_every_figure_is_looked_at() {
    let world = World::new();
    // Errors are counted by code, and there is no code before there is an error.
    let mut visitor = world.visitor("Mina").await;
    visitor.send_text("").await;
    visitor.expect_error("malformed").await;
    let mut known = BTreeMap::new();
    for address in [world.chat(0), world.feed(0)] {
        let page = http::get(address, "/metrics").await.body;
        known.extend(figures(&page));
        for (path, text) in deployed() {
            for kind in words(&text, "kind=\"", |c| {
                c.is_ascii_lowercase() || "=\"".contains(c)
            }) {
                assert!(page.contains(kind), "{}: no {kind}", path.display());
            }
        }
    }
    let is_part = |c: char| c.is_ascii_lowercase() || c == '_';
    let mut looked_at: BTreeSet<&str> = UNUSED_FIGURES.iter().copied().collect();
    let deployed = deployed();
    for (path, text) in &deployed {
        let in_use = path.ends_with("alerts.yaml") || path.ends_with("dashboard.json");
        for name in words(text, "helpline_", is_part) {
            let family = known.get(name);
            // In a sentence a histogram may be called by its name.
            let is_family = !in_use && known.values().any(|family| family == name);
            assert!(
                is_family || family.is_some(),
                "{}: there is no figure {name}",
                path.display()
            );
            looked_at.extend(family.filter(|_| in_use).map(String::as_str));
        }
    }
    let families: BTreeSet<&str> = known.values().map(String::as_str).collect();
    let overlooked: Vec<_> = families.difference(&looked_at).collect();
    assert!(
        overlooked.is_empty(),
        "neither an alert nor the dashboard looks at {overlooked:?}"
    );
}

#[test]
fn the_runbook_knows_every_alert_and_every_page_that_an_alert_names() {
    let alerts = text("deploy/kubernetes/components/monitoring/alerts.yaml");
    let runbook = text("deploy/README.md");
    let headings: BTreeSet<&str> = runbook
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim())
        .collect();
    let named: BTreeSet<&str> = between(&alerts, "- alert: ", "\n").into_iter().collect();
    let explained: BTreeSet<&str> = headings
        .iter()
        .filter(|heading| heading.starts_with("Helpline") && !heading.contains(' '))
        .copied()
        .collect();
    assert_eq!(named, explained, "alerts, and headings of the runbook");
    for sentence in between(&alerts, "Runbook, ", "\n") {
        for page in sentence.split('"').skip(1).step_by(2) {
            assert!(headings.contains(page), "the runbook has no page {page:?}");
        }
    }
}

/// The paths that the sources of a service and its pages register, without what varies.
fn registered(service: &str) -> BTreeSet<String> {
    let mut sources = Vec::new();
    files(
        &root().join("crates").join(service).join("src"),
        &mut sources,
    );
    let mut found = BTreeSet::new();
    for (_, source) in &sources {
        for method in ["get", "post", "put", "patch", "delete"] {
            found.extend(between(source, &format!("#[{method}(\""), "\""));
        }
        found.extend(between(source, "web::scope(\"", "\""));
    }
    let pages = text("crates/ui/src/pages.rs");
    let pages = match service {
        "subscriber" => between(&pages, "Site::Subscriber => &[", "]"),
        _ => between(&pages, "Site::ChatServer => &[", "]"),
    };
    found.extend(pages[0].split('"').skip(1).step_by(2));
    let fixed = |path: &str| path.split('{').next().unwrap_or_default().to_owned();
    let mut found: BTreeSet<String> = found.into_iter().map(fixed).collect();
    if service == "chat-server" {
        found.extend(OTHER_PATHS.iter().map(|path| (*path).to_owned()));
    }
    found
}

/// What a way in leads on, and whether also everything below it.
type Led = Vec<(String, bool)>;

fn by_the_ingress(service: &str) -> Led {
    let page = text("deploy/kubernetes/components/ingress-nginx/ingress.yaml");
    page.lines()
        .filter(|line| line.contains("- {path: ") && line.contains(service))
        .map(|line| {
            (
                between(line, "{path: ", ",")[0].to_owned(),
                line.contains("Prefix"),
            )
        })
        .collect()
}

fn by_the_gateway(service: &str) -> Led {
    let page = text(&format!(
        "deploy/kubernetes/components/gateway/{service}.yaml"
    ));
    page.lines()
        .filter(|line| line.contains("- {path: "))
        .map(|line| {
            (
                between(line, "value: ", "}")[0].to_owned(),
                line.contains("PathPrefix"),
            )
        })
        .collect()
}

fn by_the_proxy(service: &str) -> Led {
    let page = text("deploy/Caddyfile").replace("\\\n", " ");
    let (list, others) = match service {
        "subscriber" => ("@desk path ", vec![]),
        _ => ("@chat path ", between(&page, "handle /", " ")),
    };
    let listed = between(&page, list, "\n")[0].split_whitespace();
    let others = others.into_iter().map(|path| format!("/{path}"));
    listed
        .map(str::to_owned)
        .chain(others)
        .map(|path| match path.strip_suffix("/*") {
            Some(path) => (path.to_owned(), true),
            None => (path, false),
        })
        .collect()
}

#[test]
fn every_way_in_leads_to_every_path_of_clients_and_to_nothing_else() {
    for service in ["chat-server", "subscriber"] {
        let paths = registered(service);
        for (way, led) in [
            ("the ingress", by_the_ingress(service)),
            ("the gateway", by_the_gateway(service)),
            ("the proxy", by_the_proxy(service)),
        ] {
            let covers = |(led, below): &(String, bool), path: &str| {
                let path = path.trim_end_matches('/');
                path == led.trim_end_matches('/')
                    || (*below && path.starts_with(&format!("{led}/")))
            };
            for path in paths.iter().filter(|path| !INSIDE.contains(&path.as_str())) {
                let found = led.iter().any(|led| covers(led, path));
                assert!(found, "{way} does not lead to {path} of {service}");
            }
            for led in &led {
                let found = paths.iter().any(|path| covers(led, path));
                assert!(
                    found,
                    "{way} leads to {led:?}, which {service} does not have"
                );
                assert!(
                    !INSIDE.iter().any(|path| covers(led, path)),
                    "{way} shows {led:?}"
                );
            }
        }
    }
}
