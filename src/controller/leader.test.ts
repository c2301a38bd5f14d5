import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Leases } from "#api/catalog.ts";
import type { Lease } from "#api/coordination/v1/lease.ts";
import { ApiError, conflict, notFound } from "#api/meta/api-error.ts";
import { createClient } from "#client/client.ts";
import type { ApiRequest, ApiResponse, Transport } from "#client/transport.ts";
import { silentLogger } from "#kit/log.ts";
import { checkPermission } from "#kit/permission.ts";
import { type Component, run } from "#kit/scope.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { fenced, leaderElected, type Term } from "./leader.ts";

/** An API that holds one lease, and can be made not to answer. */
class OneLease implements Transport {
  lease: Lease | undefined;
  away = false;
  #version = 0;

  async dispatch({ verb, object }: ApiRequest): Promise<ApiResponse> {
    if (this.away) throw new ApiError("ServiceUnavailable", "away");
    if (verb === "get" && !this.lease) throw notFound(Leases, "boss");
    if (verb === "create" || verb === "update") {
      const next = structuredClone(object) as Lease;
      const version = next.metadata.resourceVersion;
      if (verb === "update" && version !== this.lease?.metadata.resourceVersion)
        throw conflict(Leases, "boss", "stale");
      next.metadata = { ...next.metadata, resourceVersion: String(++this.#version) };
      this.lease = next;
    }
    return { kind: "object", status: 200, object: this.lease as Lease };
  }
}

const settle = async () => {
  for (let i = 0; i < 20; i++) await turn();
};

function world() {
  const api = new OneLease();
  const clock = new FakeClock(settle);
  const leading = new Set<string>();
  const terms: Term[] = [];
  /** `own`: the clock of a server that can be stopped. */
  const server = (identity: string, own = clock) => {
    const work: Component = {
      name: "work",
      async start(scope) {
        leading.add(identity);
        scope.defer(() => void leading.delete(identity));
      },
    };
    const client = createClient(api);
    const election = leaderElected({
      ...{ name: "boss", namespace: "kube-system", identity, client, clock: own, log: silentLogger, random: () => 0 },
      components(term) {
        terms.push(term);
        return [work];
      },
    });
    return run([election]);
  };
  return { api, clock, leading, terms, server };
}

test("the first leads, the others wait; the lease says who, since when and how often it changed", async () => {
  const { api, clock, leading, server } = world();
  const [a] = [await server("a")];
  await clock.advance(100);
  const b = await server("b");
  await clock.advance(60_000);
  assert.deepEqual([...leading], ["a"]);
  const { spec } = api.lease!;
  assert.deepEqual([spec.holderIdentity, spec.leaseDurationSeconds, spec.leaseTransitions], ["a", 15, 0]);
  assert.match(spec.acquireTime!, /^2030-01-01T00:00:00\.000000Z$/);
  assert.match(spec.renewTime!, /^2030-01-01T00:01:00\.\d{6}Z$/);
  await a.stop();
  assert.equal(api.lease!.spec.holderIdentity, undefined);
  await clock.advance(4_000);
  assert.deepEqual([...leading], ["b"]);
  assert.equal(api.lease!.spec.leaseTransitions, 1);
  await b.stop();
});

test("a leader that ends without a word is followed after fifteen seconds", async () => {
  const { api, clock, leading, server } = world();
  api.lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "boss", namespace: "kube-system", resourceVersion: "0" },
    spec: { holderIdentity: "gone", leaseDurationSeconds: 15, leaseTransitions: 4 },
  } as Lease;
  const b = await server("b");
  await clock.advance(14_000);
  assert.equal(leading.size, 0);
  await clock.advance(3_000);
  assert.deepEqual([...leading], ["b"]);
  assert.equal(api.lease.spec.leaseTransitions, 5);
  await b.stop();
});

test("a leader that cannot renew stops its work before another may begin", async () => {
  const { api, clock, leading, terms, server } = world();
  const a = await server("a");
  await clock.advance(1_000);
  api.away = true;
  await clock.advance(8_000);
  assert.deepEqual([...leading], ["a"]);
  await clock.advance(3_000);
  assert.equal(leading.size, 0);
  assert.equal(terms[0]!.isValid(), false);
  api.away = false;
  await clock.advance(3_000);
  assert.deepEqual([...leading], ["a"]);
  await a.stop();
});

test("a leader stopped for a minute finds its writes refused when it goes on, and stops", async () => {
  const { api, clock, leading, terms, server } = world();
  const stopped = new FakeClock(settle, clock.now());
  const a = await server("a", stopped);
  await settle();
  assert.deepEqual([...leading], ["a"]);
  const b = await server("b");
  await clock.advance(60_000); // the clock of a stands still meanwhile
  assert.deepEqual([...leading].sort(), ["a", "b"]);
  const write = (term: Term) =>
    fenced(api, term).dispatch({ verb: "delete", resource: Leases, namespace: "kube-system", name: "other" });
  await write(terms[0]!); // by a's clock no time has passed
  // it goes on: its clock jumps, and the first thing to run is a write that it was about to do
  jump(stopped, 60_000);
  await assert.rejects(write(terms[0]!), /not the leader any more/);
  await write(terms[1]!);
  await fenced(api, terms[0]!).dispatch({ verb: "get", resource: Leases, namespace: "kube-system", name: "boss" });
  await stopped.advance(10_000);
  assert.deepEqual([...leading], ["b"]);
  assert.equal(api.lease!.spec.holderIdentity, "b");
  await Promise.all([a.stop(), b.stop()]);
});

test("a write that was under way when the leader was stopped is refused where it would be stored", async () => {
  const { api, clock } = world();
  let isValid = true;
  const stored: string[] = [];
  const server: Transport = {
    async dispatch(request) {
      await settle(); // authorization, admission, a read: and then the process is stopped and goes on
      isValid = false;
      checkPermission();
      stored.push(request.verb);
      return api.dispatch(request);
    },
  };
  const write = fenced(server, { isValid: () => isValid }).dispatch({ verb: "create", resource: Leases, object: {} });
  await assert.rejects(write, /not the leader any more/);
  assert.deepEqual(stored, []);
  assert.equal(clock.pending, 0);
});

/** The time is another one before any timer has run. */
function jump(clock: FakeClock, ms: number): void {
  const { now } = clock;
  const later = now.call(clock) + ms;
  clock.now = () => Math.max(later, now.call(clock));
}

test("what fails in the leader's work ends the server", async () => {
  const { api, clock } = world();
  const failing: Component = {
    name: "failing",
    async start(scope) {
      scope.spawn("task", () => Promise.reject(new Error("broken")));
    },
  };
  const client = createClient(api);
  const lease = { name: "boss", namespace: "kube-system", identity: "a", client, clock, log: silentLogger };
  const running = await run([leaderElected({ ...lease, components: () => [failing] })]);
  await assert.rejects(running.failed, /elect failed/);
  await running.stop();
});
