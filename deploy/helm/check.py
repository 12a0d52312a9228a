"""Renders the chart in its modes, and checks what comes out against the schemas of Kubernetes.

usage: check.py [HELM]     needs helm (3 or 4) and the PyPI packages kubernetes-validate and PyYAML

What the chart passes to the program is checked by deploy/check.sh, with everything else that starts it.
"""

import pathlib
import shutil
import subprocess
import sys

HELM = sys.argv[1] if len(sys.argv) > 1 else shutil.which("helm")
try:
    import kubernetes_validate
    import yaml
except ImportError as error:
    HELM, missing = None, str(error)
else:
    missing = "this machine has no helm"
if HELM is None:
    print(f"deploy/helm/check.py: skipped: {missing}")
    sys.exit(0)

CHART = pathlib.Path(__file__).resolve().parent / "longhaul"
MONITORING = ["monitoring.podMonitor=true", "monitoring.rules=true", "monitoring.board=true"]
VARIANTS = {
    "as it is": [],
    "with a model": ["model.path=/models/m.gguf", "model.volume.hostPath.path=/srv/models", "workers.spread=required"],
    "with monitoring": MONITORING,
    "in groups": ["mode=leaderWorkerSet", "replicas=2", "workers.spread=none", "model.volume.hostPath.path=/srv/models"],
    "without policies": ["networkPolicy.enabled=false", "workers.updateStrategy=OnDelete", "workers.cache.storageClass=fast"],
}
# What Kubernetes itself has no schema for.
FOREIGN = {"LeaderWorkerSet", "PodMonitor", "PrometheusRule"}
# Typos, and values that would start no pod or the wrong one.
REFUSED = ["wokers.count=2", "mode=deployment", "workers.cpu=1500m", "workers.memory=lots", "context=0", "model.path=m.gguf"]


def render(settings, check=True):
    options = [option for setting in settings for option in ("--set", setting)]
    command = [HELM, "template", "lh", str(CHART), "--kube-version", "1.33.0", *options]
    return subprocess.run(command, capture_output=True, text=True, check=check)


def pods(resource):
    """Every pod template of a resource."""
    if resource["kind"] == "StatefulSet":
        yield resource["spec"]["template"]["spec"]
    if resource["kind"] == "LeaderWorkerSet":
        for name in ("leaderTemplate", "workerTemplate"):
            yield resource["spec"]["leaderWorkerTemplate"][name]["spec"]


def hold_pod(pod):
    """What no schema says."""
    declared = {volume["name"] for volume in pod["volumes"]} | {"cache"}
    for container in pod["containers"]:
        assert {mount["name"] for mount in container["volumeMounts"]} <= declared, container["name"]
        assert container["resources"]["requests"] == container["resources"]["limits"], "not Guaranteed"
        assert container["securityContext"]["readOnlyRootFilesystem"] and container["securityContext"]["capabilities"]["drop"] == ["ALL"]
        drain = [int(arg.split("=")[1]) for arg in container["args"] if arg.startswith("--drain-timeout=")]
        pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert pod["terminationGracePeriodSeconds"] > pause + sum(drain), "killed before it has drained"
    assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]


def main():
    subprocess.run([HELM, "lint", "--strict", "--quiet", str(CHART)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for name, settings in VARIANTS.items():
        resources = [each for each in yaml.safe_load_all(render(settings).stdout) if each]
        for resource in resources:
            if resource["kind"] not in FOREIGN:
                kubernetes_validate.validate(resource, "1.33", strict=True)
            for pod in pods(resource):
                hold_pod(pod)
                # A pod of a set of groups is checked as a plain one.
                kubernetes_validate.validate(
                    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pod}, "1.33", strict=True)
        print(f"{name}: {len(resources)} resources are valid")
    for setting in REFUSED:
        if render([setting], check=False).returncode == 0:
            sys.exit(f"the chart accepts {setting}")
    print(f"{len(REFUSED)} wrong settings are refused")


main()
