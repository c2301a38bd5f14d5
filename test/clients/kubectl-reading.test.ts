/** What kubectl shows of a running cluster: get in every form, describe, explain, discovery, events, wait, raw paths. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Kubectl } from "../support/kubectl.ts";
import { type KubectlVersion, type Machine, needsRealContainers, startMachine, webImage } from "../support/machine.ts";

const things = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: ${webImage}
        ports: [{containerPort: 8080, name: http}]
        env:
        - {name: FROM_MAP, valueFrom: {configMapKeyRef: {name: settings, key: a}}}
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        resources: {requests: {cpu: 10m, memory: 8Mi}, limits: {memory: 32Mi}}
        readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
        volumeMounts: [{name: scratch, mountPath: /scratch}, {name: settings, mountPath: /settings, readOnly: true}]
      volumes: [{name: scratch, emptyDir: {}}, {name: settings, configMap: {name: settings}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Secret
metadata: {name: hidden}
stringData: {password: swordfish}
---
apiVersion: v1
kind: Pod
metadata: {name: failed, labels: {app: failed}}
spec: {restartPolicy: Never, containers: [{name: main, image: "${webImage}", command: [sh, -c, "echo no; exit 3"]}]}
`;

describe("kubectl reads", needsRealContainers, () => {
  let machine: Machine;
  before(async () => {
    machine = await startMachine();
    const kubectl = await machine.kubectl("1.35", "reading");
    await kubectl.apply(things);
    await kubectl.ok("rollout status deployment web --timeout=30s");
    await kubectl.ok("wait --for=jsonpath={.status.phase}=Failed pod/failed --timeout=20s");
  });
  after(() => machine?.[Symbol.asyncDispose]());

  for (const version of ["1.20", "1.35"] as const)
    describe(`kubectl ${version}`, { concurrency: 2 }, () => suite(version));

  function suite(version: KubectlVersion): void {
    const isNew = version !== "1.20";
    let kubectl: Kubectl;
    before(async () => {
      kubectl = await machine.kubectl(version, "reading");
    });
    const age = /^\d+s$|^\d+m\d*s?$/;

    test("get: the server's tables, narrow and wide", async () => {
      const pods = await kubectl.table("get pods -l app=web");
      assert.deepEqual(pods[0], ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
      assert.equal(pods.length, 3);
      assert.deepEqual(pods[1]?.slice(1, 4), ["1/1", "Running", "0"]);
      assert.match(pods[1]?.[0] ?? "", /^web-[0-9a-f]{8,10}-[a-z0-9]{5}$/);
      assert.match(pods[1]?.[4] ?? "", age);
      const failed = await kubectl.table("get pod failed --no-headers");
      assert.deepEqual(failed[0]?.slice(0, 4), ["failed", "0/1", "Error", "0"]);

      const wide = await kubectl.table("get pods -l app=web -o wide");
      assert.deepEqual(wide[0]?.slice(5), ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]);
      assert.match(wide[1]?.[5] ?? "", /^10\.\d+\.\d+\.\d+$/);
      assert.deepEqual(wide[1]?.slice(7), ["<none>", "<none>"]);

      const [heads, deployment] = await kubectl.table("get deployments -o wide");
      assert.deepEqual(heads, ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"]);
      assert.deepEqual(deployment?.toSpliced(4, 1), ["web", "2/2", "2", "2", "main", webImage, "app=web"]);
      const [, replicaSet] = await kubectl.table("get replicasets");
      assert.deepEqual(replicaSet?.slice(1, 4), ["2", "2", "2"]);

      const [nodeHeads, node] = await kubectl.table("get nodes -o wide");
      assert.deepEqual(nodeHeads?.slice(0, 6), ["NAME", "STATUS", "ROLES", "AGE", "VERSION", "INTERNAL-IP"]);
      assert.deepEqual(node?.slice(1, 3), ["Ready", "<none>"]);
      assert.match(node?.at(-1) ?? "", /^containerd:\/\/1\./);
      assert.match(
        await kubectl.ok("get configmaps,secrets"),
        /^configmap\/settings +1 +\d+[ms].*\n\nNAME +TYPE +DATA +AGE\nsecret\/hidden +Opaque +1 /m,
      );
    });

    test("get: name, yaml, json, jsonpath, go-template, custom columns, labels", async () => {
      assert.equal(await kubectl.ok("get deployment,service -o name"), "deployment.apps/web\nservice/web");
      const yaml = await kubectl.ok("get configmap settings -o yaml");
      assert.match(yaml, /^apiVersion: v1\ndata:\n {2}a: "1"\nkind: ConfigMap\nmetadata:\n/);
      const list = JSON.parse(await kubectl.ok("get pods -l app=web -o json"));
      assert.deepEqual([list.apiVersion, list.kind, list.items.length], ["v1", "List", 2]);
      assert.deepEqual([list.items[0].apiVersion, list.items[0].kind], ["v1", "Pod"]);
      assert.equal(await kubectl.ok("get pods -o jsonpath={.items[*].spec.containers[0].name}"), "main main main");
      assert.equal(
        await kubectl.ok([
          "get",
          "pods",
          "-l",
          "app=web",
          "-o",
          "go-template={{range .items}}{{.status.phase}} {{end}}",
        ]),
        "Running Running",
      );
      assert.equal(
        await kubectl.ok("get service web -o custom-columns=NAME:.metadata.name,PORT:.spec.ports[0].port"),
        "NAME   PORT\nweb    80",
      );
      assert.match(
        await kubectl.ok("get pods -l app=web --show-labels"),
        /^web-\S+ .* app=web,pod-template-hash=[0-9a-f]+$/m,
      );
      assert.match(await kubectl.ok("get pods -L app"), /^failed .* failed$/m);
      assert.match(
        await kubectl.ok("get service,deployment"),
        /^service\/web +ClusterIP .*\n\nNAME.*\ndeployment.apps\/web +2\/2 /m,
      );
    });

    test("get: selectors, sorting, pages", async () => {
      assert.equal(await kubectl.ok("get pods --field-selector=status.phase=Failed -o name"), "pod/failed");
      assert.equal(
        await kubectl.ok("get pods --field-selector=status.phase!=Running,metadata.name!=failed -o name"),
        "",
      );
      assert.equal(
        await kubectl.ok(["get", "pods", "-l", "app in (failed, other),app!=web", "-o", "name"]),
        "pod/failed",
      );
      assert.equal(
        await kubectl.fails("get pods --field-selector=color=red"),
        'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "color=red": field label not supported: color',
      );
      assert.match(
        (await kubectl.ok("get pods --sort-by=.metadata.creationTimestamp -o name")).split("\n")[2] ?? "",
        /^pod\//,
      );
      const all = await kubectl.ok("get pods -o name");
      for (const size of [1, 2, 500]) assert.equal(await kubectl.ok(`get pods -o name --chunk-size=${size}`), all);
      const everywhere = (await kubectl.table("get services -A")).map((row) => row.slice(0, 2).join("/"));
      for (const name of ["default/kubernetes", "reading/web"]) assert.ok(everywhere.includes(name), name);
      const page = JSON.parse(await kubectl.ok("get --raw /api/v1/namespaces/reading/pods?limit=2"));
      assert.equal(page.items.length, 2);
      assert.equal(page.metadata.remainingItemCount, 1);
      assert.ok(page.metadata.continue);
    });

    test("get: what is not there", async () => {
      assert.equal(await kubectl.fails("get pod nobody"), 'Error from server (NotFound): pods "nobody" not found');
      assert.equal(
        await kubectl.fails("get deployment nobody"),
        'Error from server (NotFound): deployments.apps "nobody" not found',
      );
      assert.equal(await kubectl.fails("get wheels"), `error: the server doesn't have a resource type "wheels"`);
      assert.equal((await kubectl.outcome("get leases")).stderr, "No resources found in reading namespace.\n");
      assert.equal(await kubectl.ok("get pod nobody --ignore-not-found"), "");
    });

    test("get -w shows changes as they happen", async () => {
      const name = `watched-${version.replace(".", "-")}`;
      await using talk = kubectl.talk("get configmaps -w");
      await talk.until(/^settings /m);
      await kubectl.ok(`create configmap ${name} --from-literal=a=b`);
      await talk.until(new RegExp(`^${name} +1 `, "m"));
      await kubectl.ok(["patch", "configmap", name, "-p", '{"data":{"c":"d"}}']);
      await talk.until(new RegExp(`^${name} +2 `, "m"));
      await using events = kubectl.talk(
        `get configmaps -w --output-watch-events --field-selector=metadata.name=${name}`,
      );
      await events.until(new RegExp(`^ADDED +${name} +2 `, "m"));
      await kubectl.ok(`delete configmap ${name}`);
      await events.until(new RegExp(`^DELETED +${name} +2 `, "m"));
    });

    test("describe", async () => {
      const pod = (await kubectl.ok("get pods -l app=web -o name")).split("\n")[0] ?? "";
      const text = await kubectl.ok(`describe ${pod}`);
      for (const pattern of [
        /^Name: +web-/m,
        /^Namespace: +reading$/m,
        /^Priority: +0$/m,
        /^Node: +\S+\/\d+\.\d+\.\d+\.\d+$/m,
        /^Labels: +app=web$/m,
        /^Status: +Running$/m,
        /^Controlled By: +ReplicaSet\/web-[0-9a-f]+$/m,
        /^ {4}Container ID: +containerd:\/\/[0-9a-f]{64}$/m,
        /^ {4}Image: +minik8s\/web:1\.0$/m,
        /^ {4}Image ID: +sha256:[0-9a-f]{64}$/m,
        /^ {4}Port: +8080\/TCP/m,
        /^ {4}State: +Running$/m,
        /^ {4}Ready: +True$/m,
        /^ {6}memory: +32Mi$/m,
        /^ {4}Readiness: +http-get http:\/\/:http\/ delay=0s timeout=1s period=1s #success=1 #failure=3$/m,
        /^ {6}FROM_MAP: +<set to the key 'a' of config map 'settings'> +Optional: false$/m,
        /^ {6}NODE: +\(v1:spec.nodeName\)$/m,
        /^ {6}\/settings from settings \(ro\)$/m,
        /^ {4}Type: +EmptyDir \(a temporary directory that shares a pod's lifetime\)$/m,
        /^QoS Class: +Burstable$/m,
        /^Tolerations: +node.kubernetes.io\/not-ready:NoExecute op=Exists for 300s$/m,
        /^ {2}Normal +Scheduled +\S+ +default-scheduler +Successfully assigned reading\/web-\S+ to \S+$/m,
        /^ {2}Normal +Pulled +\S+ +kubelet +.*Container image "minik8s\/web:1.0" already present on machine/m,
        /^ {2}Normal +Started +\S+ +kubelet /m,
      ]) {
        assert.match(text, pattern);
      }
      assert.match(
        await kubectl.ok("describe pod failed"),
        /^ {4}State: +Terminated\n {6}Reason: +Error\n {6}Exit Code: +3$/m,
      );
      const deployment = await kubectl.ok("describe deployment web");
      assert.match(deployment, /^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m);
      assert.match(deployment, /^RollingUpdateStrategy: +25% max unavailable, 25% max surge$/m);
      assert.match(
        deployment,
        /^ {2}Available +True +MinimumReplicasAvailable\n {2}Progressing +True +NewReplicaSetAvailable$/m,
      );
      assert.match(deployment, /^NewReplicaSet: +web-[0-9a-f]+ \(2\/2 replicas created\)$/m);
      assert.match(
        deployment,
        /^ {2}Normal +ScalingReplicaSet +\S+ +deployment-controller +Scaled up replica set web-[0-9a-f]+ from 0 to 2$/m,
      );
      const service = await kubectl.ok("describe service web");
      assert.match(service, /^Type: +ClusterIP$/m);
      assert.match(service, /^TargetPort: +http\/TCP\nEndpoints: +10\.\d+\.\d+\.\d+:8080,10\.\d+\.\d+\.\d+:8080$/m);
      assert.match(
        await kubectl.ok("describe replicaset"),
        /^Pods Status: +2 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/m,
      );
      assert.match(await kubectl.ok("describe configmap settings"), /^Data\n====\na:\n----\n1\n/m);
      const secret = await kubectl.ok("describe secret hidden");
      assert.match(secret, /^password: +9 bytes$/m);
      assert.doesNotMatch(secret, /swordfish/);
      const node = await kubectl.ok("describe node");
      assert.match(node, /^ {2}Ready +True .* KubeletReady +kubelet is posting ready status$/m);
      assert.match(node, /^ {2}reading +web-\S+ +10m \(\d%\) +0 \(0%\) +8Mi \(\d%\) +32Mi \(\d%\) /m);
      assert.match(await kubectl.ok("describe namespace reading"), /^Status: +Active$/m);
      if (isNew) {
        const slices = await kubectl.ok("describe endpointslices");
        assert.match(slices, /^ {2}<unset> +8080 +TCP$/m);
        assert.match(slices, /^ {4}TargetRef: +Pod\/web-\S+$/m);
      }
      const endpoints = await kubectl.outcome("describe endpoints web");
      assert.match(endpoints.stdout, /^ {2}Addresses: +10\.\d+\.\d+\.\d+,10\./m);
      assert.match(
        endpoints.stderr,
        /^Warning: v1 Endpoints is deprecated in v1\.33\+; use discovery\.k8s\.io\/v1 EndpointSlice$/m,
      );
    });

    test("events", async () => {
      const table = await kubectl.table("get events --field-selector=involvedObject.name=failed");
      assert.deepEqual(table[0], ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]);
      assert.deepEqual(
        table.slice(1).map((row) => row.slice(1, 4).join(" ")),
        [
          "Normal Scheduled pod/failed",
          "Normal Pulled pod/failed",
          "Normal Created pod/failed",
          "Normal Started pod/failed",
        ],
      );
      if (isNew) assert.match(await kubectl.ok("events --for pod/failed"), /Normal +Started +Pod\/failed /);
    });

    test("wait for conditions, paths, deletion", async () => {
      assert.equal(
        await kubectl.ok("wait --for=condition=Available deployment/web --timeout=10s"),
        "deployment.apps/web condition met",
      );
      assert.equal(
        await kubectl.fails("wait --for=condition=Ready pod/failed --timeout=1s"),
        "error: timed out waiting for the condition on pods/failed",
      );
      assert.match(
        await kubectl.fails("wait --for=condition=Ready pod/nobody --timeout=1s"),
        /pods "nobody" not found$/,
      );
      if (isNew)
        assert.equal(
          await kubectl.ok("wait --for=jsonpath={.status.readyReplicas}=2 deployment/web"),
          "deployment.apps/web condition met",
        );
    });

    test("explain", async () => {
      const text = await kubectl.ok("explain deployments");
      assert.match(
        text,
        isNew ? /^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n/ : /^KIND: +Deployment\nVERSION: +apps\/v1\n/,
      );
      assert.match(text, /^ +spec\t<.*>$/m);
      assert.match(
        await kubectl.ok("explain pods.spec.containers.env --recursive"),
        /^ +configMapKeyRef\t<.*>\n +key\t<string>/m,
      );
      assert.match(
        await kubectl.ok("explain pod.spec.restartPolicy"),
        /^(FIELD: restartPolicy|FIELD: +restartPolicy) <string>$/m,
      );
      assert.match(await kubectl.fails("explain pod.spec.wheels"), /error: field "wheels" does not exist$/);
      assert.match(await kubectl.ok("explain service.spec.ports"), /^ +nodePort\t<integer>$/m);
    });

    test("discovery", async () => {
      const resources = await kubectl.table("api-resources");
      assert.deepEqual(resources[0], ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]);
      for (const row of [
        ["configmaps", "cm", "v1", "true", "ConfigMap"],
        ["namespaces", "ns", "v1", "false", "Namespace"],
        ["pods", "po", "v1", "true", "Pod"],
        ["deployments", "deploy", "apps/v1", "true", "Deployment"],
        ["endpointslices", "discovery.k8s.io/v1", "true", "EndpointSlice"],
      ]) {
        assert.ok(
          resources.some((other) => other.join(" ") === row.join(" ")),
          row.join(" "),
        );
      }
      const versions = (await kubectl.ok("api-versions")).split("\n");
      for (const one of ["apps/v1", "coordination.k8s.io/v1", "discovery.k8s.io/v1", "v1"])
        assert.ok(versions.includes(one));
      const clusterWide = await kubectl.ok("api-resources --namespaced=false --verbs=list -o name");
      assert.match(clusterWide, /^namespaces\nnodes\n?/);
      assert.doesNotMatch(clusterWide, /^pods$/m);
      assert.match(await kubectl.ok("version"), /v1\.36\.0\+minik8s/);
      assert.match(
        await kubectl.ok("cluster-info"),
        new RegExp(`is running at .*https://127\\.0\\.0\\.1:${machine.port}`),
      );
    });

    test("raw paths", async () => {
      assert.equal(await kubectl.ok("get --raw /healthz"), "ok");
      assert.match(await kubectl.ok("get --raw /readyz?verbose"), /readyz check passed$/);
      assert.equal(JSON.parse(await kubectl.ok("get --raw /api/v1/namespaces/reading")).metadata.name, "reading");
      assert.match(await kubectl.ok("get --raw /metrics"), /^apiserver_request_total\{.*resource="pods".*\} \d+$/m);
      assert.equal(
        await kubectl.fails("get --raw /nothing"),
        "Error from server (NotFound): the server could not find the requested resource",
      );
    });

    test("who am I, what may I", async () => {
      if (isNew)
        assert.match(
          await kubectl.ok("auth whoami"),
          /^Username +\S+\nGroups +\[system:masters system:authenticated\]$/m,
        );
      assert.equal(await kubectl.ok("auth can-i create pods"), "yes");
      assert.equal(await kubectl.ok("auth can-i delete nodes --all-namespaces"), "yes");
    });
  }
});
