"""What no schema says about the deployment files: that they fit each other, and fit the services.

Usage: check-manifests.py DEFAULTS COMPOSE RENDERED..., the settings page, the compose file, and rendered overlays.
"""

import re
import sys

import yaml

PROBES = {"livenessProbe": "/health", "readinessProbe": "/ready"}
NOT_FOR_EVERYBODY = ("/metrics", "/health", "/ready")
# What has to be over before a stopped pod is killed, beside preStop and drain.
MARGIN = 10

problems = []


def expect(truth, text):
    if not truth:
        problems.append(text)


def settings_of(page):
    """Names of all settings on the commented page of defaults, those without a default included."""
    names, section = set(), ""
    for line in open(page, encoding="utf-8"):
        if header := re.match(r"\[(\w+)\]", line):
            section = header[1]
        elif key := re.match(r"(?:# )?(\w+) = ", line):
            names.add(f"HELPLINE__{section}__{key[1]}".upper())
    return names


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def check_settings(where, names, known):
    for name in names:
        if name.startswith("HELPLINE__"):
            expect(name in known, f"{where}: no setting is called {name}; the services would refuse to start")


def check_overlay(file, known):
    documents = [d for d in yaml.safe_load_all(open(file, encoding="utf-8")) if d]

    def of(*kinds):
        return [d for d in documents if d["kind"] in kinds]

    config = {k: v for d in of("ConfigMap") for k, v in d["data"].items()}
    check_settings(file, config, known)
    workloads = of("Deployment", "StatefulSet")
    services = {d["metadata"]["name"]: d for d in of("Service")}

    def chosen_by(labels):
        return [w for w in workloads if labels.items() <= w["spec"]["template"]["metadata"]["labels"].items()]

    for workload in workloads:
        name = f"{file}: {workload['metadata']['name']}"
        pod = workload["spec"]["template"]["spec"]
        expect(pod["securityContext"].get("runAsNonRoot"), f"{name} may run as root")
        for container in pod["containers"]:
            security = container["securityContext"]
            expect(security["readOnlyRootFilesystem"] and security["capabilities"]["drop"] == ["ALL"], f"{name} has more rights than it needs")
            expect("memory" in container["resources"]["limits"], f"{name} has no memory limit")
        if workload["kind"] == "Deployment":
            check_service_pod(name, workload, config)

    for service in services.values():
        name = f"{file}: service {service['metadata']['name']}"
        behind = chosen_by(service["spec"]["selector"])
        expect(len(behind) == 1, f"{name} chooses {len(behind)} workloads")
        ports = {p["name"] for w in behind for c in w["spec"]["template"]["spec"]["containers"] for p in c["ports"]}
        expect(all(p["targetPort"] in ports for p in service["spec"]["ports"]), f"{name} names a port that no container has")

    for policy in of("NetworkPolicy", "PodDisruptionBudget"):
        selector = policy["spec"].get("podSelector") or policy["spec"].get("selector")
        expect(chosen_by(selector["matchLabels"]), f"{file}: {policy['kind']} {policy['metadata']['name']} chooses no pod")

    for scaler in of("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]["name"]
        expect(target in [w["metadata"]["name"] for w in workloads], f"{file}: nothing to scale is called {target}")

    for ingress in of("Ingress"):
        for path in (p for rule in ingress["spec"]["rules"] for p in rule["http"]["paths"]):
            backend = path["backend"]["service"]
            ports = [p["name"] for p in services.get(backend["name"], {"spec": {"ports": []}})["spec"]["ports"]]
            expect(backend["port"]["name"] in ports, f"{file}: {path['path']} leads nowhere")
            for secret in NOT_FOR_EVERYBODY:
                covered = path["path"] == secret or (path["path"] == "/" and path["pathType"] != "Exact")
                expect(not covered, f"{file}: {path['path']} shows {secret} to everybody")

    for ingress in of("Ingress"):
        check_pages(file, ingress["spec"], config)

    if url := config.get("HELPLINE__REDIS__URL"):
        host = re.fullmatch(r"redis://([^:/]+):\d+", url)[1]
        expect(host in services, f"{file}: no service is called {host}")


def check_pages(file, ingress, config):
    """The pages tell browsers the addresses of both services; the ingress has to lead them there, with a certificate."""
    for service in ("chat-server", "subscriber"):
        setting = f"HELPLINE__PAGES__{service.replace('-', '_').upper()}"
        host = config.get(setting, "").removeprefix("https://")
        paths = [p for rule in ingress["rules"] if rule["host"] == host for p in rule["http"]["paths"]]
        behind = {p["backend"]["service"]["name"] for p in paths}
        expect(behind == {service}, f"{file}: {setting} is not a host of the ingress that leads to {service} alone")
        expect("/" in [p["path"] for p in paths], f"{file}: {service} has no page at /")
        expect(host in ingress["tls"][0]["hosts"], f"{file}: no certificate for {setting}")


def check_service_pod(name, workload, config):
    spec = workload["spec"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    expect(spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, f"{name} goes down during an update")
    needed = seconds(config["HELPLINE__SOCKETS__DRAIN"]) + container["lifecycle"]["preStop"]["sleep"]["seconds"] + MARGIN
    expect(pod["terminationGracePeriodSeconds"] >= needed, f"{name} is killed before its sockets are told to come back")
    for probe, path in PROBES.items():
        expect(container[probe]["httpGet"]["path"] == path, f"{name}: {probe} does not ask {path}")
    setting = f"HELPLINE__{container['name']}__BIND".replace("-", "_").upper()
    port = container["ports"][0]["containerPort"]
    expect(config[setting] == f"0.0.0.0:{port}", f"{name} does not listen where its port says")


def main(defaults, compose, *overlays):
    known = settings_of(defaults)
    for service, body in yaml.safe_load(open(compose, encoding="utf-8"))["services"].items():
        check_settings(f"{compose}: {service}", body.get("environment", {}), known)
    for overlay in overlays:
        check_overlay(overlay, known)
    for problem in problems:
        print(f"  {problem}")
    sys.exit(1 if problems else 0)


main(*sys.argv[1:])
