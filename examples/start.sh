#!/usr/bin/env bash
# npm start: brings a cluster up and runs the example on real containers. Exit status 0 only when both replicas answered.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh run
minik8s() { bin/minik8s "$@"; }

minik8s up
minik8s get nodes -o wide

if ! minik8s image ls | grep -q 'minik8s/web *1.0'; then
  tar=$(mktemp)
  trap 'rm -f "$tar"' EXIT
  sh examples/web/image.sh >"$tar"
  minik8s image load "$tar"
fi

minik8s apply -f examples/web/web.yaml
minik8s wait --for=condition=Available deployment/web --timeout=60s
minik8s get deployments,pods,services -o wide

address=$(minik8s get service web -o jsonpath='{.spec.clusterIP}')
echo
echo "Asking http://$address/ until both replicas have answered:"
answers=
for _ in $(seq 50); do
  answer=$(curl --silent --show-error --noproxy '*' --max-time 5 "http://$address/") || { sleep 0.2; continue; }
  case $answers in
    *"$answer"*) ;;
    *) answers=$answers$answer$'\n'; echo "  $answer" ;;
  esac
  [ "$(printf %s "$answers" | grep -c .)" -ge 2 ] && break
done
if [ "$(printf %s "$answers" | grep -c .)" -lt 2 ]; then
  echo "Only these replicas answered: ${answers:-none}" >&2
  exit 1
fi
echo
echo "The cluster is running. Try:  export KUBECONFIG=\$(bin/minik8s kubeconfig)  and then  kubectl get all"
echo "Stop it with:  bin/minik8s down     Erase it with:  bin/minik8s reset --yes"
