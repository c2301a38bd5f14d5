import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { kubeletAddress, kubeletPath, type PodConnection } from "./kubelet-target.ts";
import { nodeAddress, parseProxyName, podAddress } from "./proxy-target.ts";

const metadata = { name: "web", namespace: "shop", uid: "u", resourceVersion: "1", creationTimestamp: "" };
const pod = (containers: string[], more: object = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata,
  spec: { containers: containers.map((name) => ({ name })), ...more },
});
const node = (status: Node["status"]): Node => ({ apiVersion: "v1", kind: "Node", metadata, spec: {}, status });
const path = (connection: PodConnection, query: string, of = pod(["app"])) =>
  kubeletPath(of, connection, new URLSearchParams(query));

test("paths and queries in the kubelet's words", () => {
  assert.equal(path("log", ""), "/containerLogs/shop/web/app");
  assert.equal(
    path("log", "follow=true&previous=false&timestamps&tailLines=5&sinceSeconds=9&limitBytes=1&pretty=true"),
    "/containerLogs/shop/web/app?follow=true&timestamps=true&tailLines=5&sinceSeconds=9&limitBytes=1",
  );
  assert.equal(
    path("exec", "stdin=true&stdout=1&stderr=false&tty=true&command=sh&command=-c&command=a%26b"),
    "/exec/shop/web/app?input=1&output=1&tty=1&command=sh&command=-c&command=a%26b",
  );
  assert.equal(path("attach", "stdout=true"), "/attach/shop/web/app?output=1");
  assert.equal(path("portforward", "ports=80&ports=443"), "/portForward/shop/web?port=80&port=443");
});

test("the container is the one asked for, else the only one", () => {
  const many = pod(["a", "b"], { initContainers: [{ name: "init" }], ephemeralContainers: [{ name: "debug" }] });
  for (const name of ["a", "b", "init", "debug"])
    assert.equal(path("log", `container=${name}`, many), `/containerLogs/shop/web/${name}`);
  const choose = "a container name must be specified for pod web, choose one of: [init a b debug]";
  assert.throws(() => path("log", "", many), { code: 400, message: choose });
  assert.throws(() => path("log", "container=x"), { code: 400, message: "container x is not valid for pod web" });
});

test("bad options are refused with Kubernetes' words", () => {
  const cases: [PodConnection, string, number, RegExp][] = [
    [
      "log",
      "tailLines=-1",
      422,
      /^PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or/,
    ],
    ["log", "sinceSeconds=0", 422, /sinceSeconds: Invalid value: 0: must be greater than 0$/],
    ["log", "limitBytes=0", 422, /limitBytes: Invalid value: 0: must be greater than 0$/],
    ["log", "tailLines=x", 400, /^strconv.ParseInt: parsing "x": invalid syntax$/],
    ["log", "sinceTime=yesterday", 400, /^parsing time "yesterday"/],
    ["log", "sinceSeconds=1&sinceTime=2026-01-02T03:04:05Z", 422, /at most one of `sinceTime` or `sinceSeconds`/],
    ["exec", "command=ls", 400, /^you must specify at least one of stdin, stdout, stderr$/],
    ["exec", "stdout=true", 400, /^you must specify at least one command for the container$/],
  ];
  for (const [connection, query, code, message] of cases)
    assert.throws(() => path(connection, query), { code, message }, `${connection}?${query}`);
});

test("a kubelet is found under the node's address that kube-apiserver would take", () => {
  const addresses = [
    { type: "ExternalIP", address: "1.2.3.4" },
    { type: "Hostname", address: "one" },
    { type: "InternalIP", address: "10.0.0.1" },
  ];
  const daemonEndpoints = { kubeletEndpoint: { Port: 10999 } };
  assert.deepEqual(kubeletAddress(node({ addresses, daemonEndpoints })), { host: "10.0.0.1", port: 10999 });
  assert.deepEqual(kubeletAddress(node({ addresses: addresses.slice(0, 2) })), { host: "one", port: 10250 });
  assert.throws(() => kubeletAddress(node({})), /no preferred addresses found/);
});

test("what a proxy leads to", () => {
  assert.deepEqual(parseProxyName("web", "pod"), { secure: false, name: "web", port: "" });
  assert.deepEqual(parseProxyName("web:8080", "pod"), { secure: false, name: "web", port: "8080" });
  assert.deepEqual(parseProxyName("https:web:metrics", "service"), { secure: true, name: "web", port: "metrics" });
  for (const bad of ["ftp:web:1", "a:b:c:d", ""])
    assert.throws(() => parseProxyName(bad, "pod"), /invalid pod request/);

  const ports = [{ containerPort: 3000, protocol: "TCP" as const }];
  const withIp: Pod = {
    ...pod(["app"]),
    spec: { containers: [{ name: "app", ports }] },
    status: { podIP: "10.1.0.5" },
  };
  const address = (text: string) => podAddress(withIp, parseProxyName(text, "pod"));
  assert.deepEqual(address("web"), { secure: false, host: "10.1.0.5", port: 3000 });
  assert.deepEqual(address("https:web:81"), { secure: true, host: "10.1.0.5", port: 81 });
  assert.throws(() => address("web:http"), /invalid port/);
  assert.throws(() => podAddress(pod(["app"]), parseProxyName("web", "pod")), /address not allowed/);

  const one = node({ addresses: [{ type: "InternalIP", address: "10.0.0.1" }] });
  const nodePort = (text: string) => nodeAddress(one, parseProxyName(text, "node"));
  assert.deepEqual(nodePort("one"), { secure: true, host: "10.0.0.1", port: 10250 });
  assert.deepEqual(nodePort("one:10250"), { secure: true, host: "10.0.0.1", port: 10250 });
  assert.deepEqual(nodePort("one:9100"), { secure: false, host: "10.0.0.1", port: 9100 });
});
