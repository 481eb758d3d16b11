"""What no schema says about the deployment files: that they fit each other, and fit the services.

Usage: check-manifests.py SETTINGS APPLICATION SCHEMAS RENDERED..., where SETTINGS is the page of default settings, APPLICATION the
source with the times of a drain, SCHEMAS what we use of custom resources, and the rest rendered overlays.

Names of settings, metrics and paths are held against the program by tests/e2e/deploy*.rs.
"""

import json
import re
import sys

import jsonschema
import yaml

PROBES = {"livenessProbe": "/health", "readinessProbe": "/serving"}
NOT_FOR_EVERYBODY = ("/metrics", "/health", "/ready", "/serving")
# Secrets that are made by hand; the runbook says how.
SECRETS = {"helpline", "helpline-database", "helpline-tls"}
# What has to be over before a stopped pod is killed, beside preStop, drain and last call.
MARGIN = 10
WORKLOADS = ("Deployment", "StatefulSet", "Job", "CronJob")

problems = []


def expect(truth, text):
    if not truth:
        problems.append(text)


def listeners_of(page):
    """What each section of the settings listens on by default: `{"chat_server": 9000, ...}`."""
    ports, section = {}, ""
    for line in open(page, encoding="utf-8"):
        if header := re.match(r"\[(\w+)\]", line):
            section = header[1]
        elif bind := re.match(r'bind = "127\.0\.0\.1:(\d+)"', line):
            ports[section] = int(bind[1])
    return ports


def last_call_of(source):
    """Seconds that a process waits for its sockets beyond sockets.drain."""
    return int(re.search(r"LAST_CALL: Duration = Duration::from_secs\((\d+)\)", open(source, encoding="utf-8").read())[1])


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def pod_of(workload):
    """The template of a workload's pods."""
    spec = workload["spec"]
    if workload["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec["template"]


def containers_of(workload):
    spec = pod_of(workload)["spec"]
    return spec.get("initContainers", []) + spec["containers"]


def ports_of(workload):
    return {p["name"]: p["containerPort"] for c in containers_of(workload) for p in c.get("ports", [])}


class Overlay:
    """A rendered overlay."""

    def __init__(self, file):
        self.file = file
        self.documents = [d for d in yaml.safe_load_all(open(file, encoding="utf-8")) if d]
        self.workloads = self.of(*WORKLOADS)
        self.services = {d["metadata"]["name"]: d for d in self.of("Service")}
        self.maps = {d["metadata"]["name"]: d["data"] for d in self.of("ConfigMap")}
        self.config = {k: v for name, data in self.maps.items() if re.match(r"helpline-[a-z0-9]{10}$", name) for k, v in data.items()}

    def of(self, *kinds):
        return [d for d in self.documents if d["kind"] in kinds]

    def named(self, kind):
        return {d["metadata"]["name"] for d in self.of(kind)}

    def expect(self, truth, text):
        expect(truth, f"{self.file}: {text}")

    def chosen_by(self, selector):
        labels = selector.get("matchLabels", {})
        return [w for w in self.workloads if labels.items() <= pod_of(w)["metadata"]["labels"].items()]

    def check(self, listeners, last_call, schemas):
        for workload in self.workloads:
            self.check_pod(workload)
        for deployment in self.of("Deployment"):
            self.check_service_pod(deployment, last_call)
        self.check_listeners(listeners)
        self.check_services()
        self.check_policies()
        self.check_way_in()
        for scaler in self.of("HorizontalPodAutoscaler"):
            target = scaler["spec"]["scaleTargetRef"]["name"]
            self.expect(target in self.named("Deployment"), f"nothing to scale is called {target}")
        for budget in self.of("PodDisruptionBudget"):
            self.expect(self.chosen_by(budget["spec"]["selector"]), f"budget {budget['metadata']['name']} chooses no pod")
        for monitor in self.of("ServiceMonitor"):
            # Of one process one listener: two would count everything twice.
            names = monitor["spec"]["selector"]["matchExpressions"][0]["values"]
            asked = {e["port"] for e in monitor["spec"]["endpoints"]}
            found = [s for s in self.services.values() if s["metadata"]["labels"]["app.kubernetes.io/name"] in names and asked <= {p["name"] for p in s["spec"]["ports"]}]
            self.expect(len(found) == len(names) == len(self.named("Deployment")), "not each service is scraped once")
        for document in self.documents:
            group = document["apiVersion"].split("/")[0]
            if "." in group and not group.endswith(".k8s.io") or group == "gateway.networking.k8s.io":
                self.check_custom(document, schemas)
        for data in self.maps.values():
            if dashboard := data.get("dashboard.json"):
                self.check_dashboard(json.loads(dashboard))

    def check_custom(self, document, schemas):
        kind = document["kind"]
        self.expect(kind in schemas, f"there is no schema for {kind}")
        for error in jsonschema.Draft202012Validator(schemas.get(kind, {})).iter_errors(document):
            self.expect(False, f"{kind} {document['metadata']['name']}: {error.json_path}: {error.message}")

    def check_pod(self, workload):
        name = workload["metadata"]["name"]
        pod = pod_of(workload)["spec"]
        security = pod["securityContext"]
        self.expect(security.get("runAsNonRoot"), f"{name} may run as root")
        self.expect(security.get("seccompProfile") == {"type": "RuntimeDefault"}, f"{name} may make any system call")
        self.expect(pod.get("automountServiceAccountToken") is False, f"{name} has a token of Kubernetes")
        self.expect(pod.get("serviceAccountName") in self.named("ServiceAccount"), f"{name} has no account of its own")
        volumes = {v["name"]: v for v in pod.get("volumes", [])}
        claims = {t["metadata"]["name"] for t in workload["spec"].get("volumeClaimTemplates", [])}
        for volume in volumes.values():
            if source := volume.get("configMap"):
                self.expect(source["name"] in self.maps or source.get("optional"), f"{name} mounts a ConfigMap that is not there, {source['name']}")
            if source := volume.get("persistentVolumeClaim"):
                self.expect(source["claimName"] in self.named("PersistentVolumeClaim"), f"{name} mounts a claim that is not there")
        for container in containers_of(workload):
            security, resources = container["securityContext"], container["resources"]
            rights = (security["readOnlyRootFilesystem"], security["capabilities"], security["allowPrivilegeEscalation"])
            self.expect(rights == (True, {"drop": ["ALL"]}, False), f"{name} has more rights than it needs")
            self.expect("memory" in resources["limits"], f"{name} has no memory limit")
            self.expect({"cpu", "memory"} <= resources["requests"].keys(), f"{name} does not say what it needs")
            for source in container.get("envFrom", []):
                found = source.get("secretRef", {}).get("name") in SECRETS or source.get("configMapRef", {}).get("name") in self.maps
                self.expect(found, f"{name} has its environment from nowhere: {source}")
            for variable in container.get("env", []):
                if key := variable.get("valueFrom", {}).get("secretKeyRef"):
                    self.expect(key["name"] in SECRETS, f"{name}: nobody makes the secret {key['name']}")
            mounts = {m["mountPath"]: m["name"] for m in container.get("volumeMounts", [])}
            self.expect(set(mounts.values()) <= volumes.keys() | claims, f"{name} mounts a volume that it does not have")
            for word in container.get("command", []):
                folder, _, script = word.rpartition("/")
                if script.endswith((".sh", ".conf")):
                    data = self.maps.get(volumes.get(mounts.get(folder), {}).get("configMap", {}).get("name"), {})
                    self.expect(script in data, f"{name} runs {word}, which is not there")

    def check_service_pod(self, workload, last_call):
        spec, name = workload["spec"], workload["metadata"]["name"]
        pod = spec["template"]["spec"]
        container = pod["containers"][0]
        self.expect(spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, f"{name} goes down during an update")
        pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        needed = pause + seconds(self.config["HELPLINE__SOCKETS__DRAIN"]) + last_call + MARGIN
        self.expect(pod["terminationGracePeriodSeconds"] >= needed, f"{name} is killed before its sockets are told to come back")
        for probe, path in PROBES.items():
            asked = container[probe]["httpGet"]
            self.expect(asked["path"] == path and asked["port"] in ports_of(workload), f"{name}: {probe} does not ask {path}")
        for spread in pod["topologySpreadConstraints"]:
            place = spread["topologyKey"]
            self.expect(self.chosen_by(spread["labelSelector"]) == [workload], f"{name} is spread by {place} with others' pods")
            # A control plane, or a node that failed, would count as one without a pod: no other could have two.
            self.expect(spread.get("nodeTaintsPolicy") == "Honor", f"{name} is spread over nodes that take none, by {place}")
        places = [spread["topologyKey"] for spread in pod["topologySpreadConstraints"]]
        self.expect("kubernetes.io/hostname" in places, f"{name} may stand on one node")

    def check_listeners(self, listeners):
        """Every listener of the program listens on all addresses, on a port that its pod and a Service of it have."""
        services = {d["metadata"]["name"]: d for d in self.of("Deployment")}
        for section, port in listeners.items():
            setting = f"HELPLINE__{section.upper()}__BIND"
            self.expect(self.config.get(setting) == f"0.0.0.0:{port}", f"{setting} is not 0.0.0.0:{port}")
            name = "subscriber" if section == "subscriber" else "chat-server"
            names = [n for n, p in ports_of(services[name]).items() if p == port]
            self.expect(names, f"{name} does not show port {port} of [{section}]")
            shown = {p["targetPort"] for s in self.services.values() for p in s["spec"]["ports"] if services[name] in self.chosen_by({"matchLabels": s["spec"]["selector"]})}
            self.expect(set(names) <= shown, f"no service leads to port {port} of {name}")

    def check_services(self):
        for name, service in self.services.items():
            behind = self.chosen_by({"matchLabels": service["spec"]["selector"]})
            self.expect(len(behind) == 1, f"service {name} chooses {len(behind)} workloads")
            ports = {p for w in behind for p in ports_of(w)}
            self.expect(all(p["targetPort"] in ports for p in service["spec"]["ports"]), f"service {name} names a port that no container has")
        if url := self.config.get("HELPLINE__REDIS__URL"):
            for one in url.split(","):
                host = re.fullmatch(r"redis://([^:/]+):\d+", one)[1].split(".")[-1]
                self.expect(host in self.services, f"no service is called {host}")

    def check_policies(self):
        """Nobody may talk but who is named, and who is named exists."""
        policies = self.of("NetworkPolicy")
        nobody = [p for p in policies if p["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}]
        self.expect(nobody, "everybody may talk to everybody")
        opened = {}
        for policy in policies:
            name, spec = policy["metadata"]["name"], policy["spec"]
            chosen = self.chosen_by(spec["podSelector"])
            self.expect(chosen, f"policy {name} chooses no pod")
            for rule in spec.get("ingress", []):
                ports = {p["port"] for p in rule["ports"]}
                for peer in rule["from"]:
                    if "podSelector" in peer and "namespaceSelector" not in peer:
                        self.expect(self.chosen_by(peer["podSelector"]), f"policy {name} lets in nobody that is here")
                for port in ports:
                    known = [w["metadata"]["name"] for w in chosen if port in ports_of(w)]
                    self.expect(known, f"policy {name} opens {port}, which no pod has")
                    for workload in known:
                        opened.setdefault(workload, set()).add(port)
        for workload in self.workloads:
            name = workload["metadata"]["name"]
            closed = ports_of(workload).keys() - opened.get(name, set())
            self.expect(not closed, f"nobody may reach {', '.join(closed)} of {name}")
        for port in (6379, 5432):
            allowed = [w["metadata"]["name"] for p in policies for rule in p["spec"].get("egress", []) if port in [q["port"] for q in rule["ports"]] for w in self.chosen_by(p["spec"]["podSelector"])]
            self.expect({"chat-server", "subscriber"} <= set(allowed), f"the services may not reach port {port}")

    def roads(self):
        """What leads in: host, path, whether nothing below it, and where to."""
        for ingress in self.of("Ingress"):
            for rule in ingress["spec"]["rules"]:
                for path in rule["http"]["paths"]:
                    service = path["backend"]["service"]
                    yield rule["host"], path["path"], path["pathType"] == "Exact", service["name"], service["port"]["name"]
        for route in self.of("HTTPRoute"):
            for rule in route["spec"]["rules"]:
                for match in rule["matches"]:
                    for backend in rule["backendRefs"]:
                        for host in route["spec"]["hostnames"]:
                            path = match["path"]
                            yield host, path["value"], path["type"] == "Exact", backend["name"], backend["port"]

    def check_way_in(self):
        """The pages tell browsers the addresses of both services; the way in has to lead there, with a certificate."""
        roads = list(self.roads())
        self.expect(roads, "nothing leads in")
        certified = {h for d in self.of("Ingress") for tls in d["spec"]["tls"] for h in tls["hosts"]}
        certified |= {listener["hostname"] for d in self.of("Gateway") for listener in d["spec"]["listeners"] if "tls" in listener}
        for host, path, exact, service, port in roads:
            known = [q for p in self.services.get(service, {"spec": {"ports": []}})["spec"]["ports"] for q in (p["name"], p["port"])]
            self.expect(port in known, f"{path} leads nowhere")
            self.expect(host in certified, f"no certificate for {host}")
            for secret in NOT_FOR_EVERYBODY:
                covered = path == secret or (path == "/" and not exact)
                self.expect(not covered, f"{path} shows {secret} to everybody")
        for service in ("chat-server", "subscriber"):
            setting = f"HELPLINE__PAGES__{service.replace('-', '_').upper()}"
            host = self.config.get(setting, "").removeprefix("https://")
            behind = {w["metadata"]["name"] for h, _, _, s, _ in roads if h == host and s in self.services for w in self.chosen_by({"matchLabels": self.services[s]["spec"]["selector"]})}
            self.expect(behind == {service}, f"{setting} is not a host that leads to {service} alone")
            self.expect((host, "/", True) in [r[:3] for r in roads], f"{service} has no page at /")
        sticky = [d for d in self.of("Ingress") if any(p["path"] == "/socket.io" for r in d["spec"]["rules"] for p in r["http"]["paths"])]
        for ingress in sticky:
            annotations = ingress["metadata"]["annotations"]
            self.expect(annotations.get("nginx.ingress.kubernetes.io/affinity") == "cookie", "Socket.IO's polling is spread over the pods")
        polled = [s for s in self.services.values() if any(p["port"] == 9002 for p in s["spec"]["ports"])]
        self.expect(all(s["spec"].get("sessionAffinity") == "ClientIP" for s in polled), "the service of Socket.IO has no affinity")

    def check_dashboard(self, dashboard):
        panels = dashboard["panels"]
        self.expect(len({p["id"] for p in panels}) == len(panels), "two panels have one id")
        taken = set()
        for panel in panels:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            self.expect(place["x"] + place["w"] <= 24 and not cells & taken, f"the panel {panel['title']} has no room")
            taken |= cells
            self.expect(panel["type"] == "row" or panel["targets"], f"the panel {panel['title']} shows nothing")


def main(settings, application, schemas, *files):
    listeners, last_call = listeners_of(settings), last_call_of(application)
    kinds = json.load(open(schemas, encoding="utf-8"))
    for kind, schema in kinds.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        schema["$defs"] = kinds["$defs"] if kind != "$defs" else {}
    for file in files:
        Overlay(file).check(listeners, last_call, kinds)
    for problem in problems:
        print(f"  {problem}")
    sys.exit(1 if problems else 0)


main(*sys.argv[1:])
