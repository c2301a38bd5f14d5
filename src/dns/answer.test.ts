import assert from "node:assert/strict";
import { test } from "node:test";
import { EndpointSlices, Services } from "#api/catalog.ts";
import { ObjectCache } from "#client/cache/object-cache.ts";
import { answer } from "./answer.ts";
import { fill, service, slice } from "./objects.fixture.ts";
import { rcodes } from "./wire.ts";
import { cacheZone } from "./zone.ts";

function zone() {
  const cache = new ObjectCache();
  fill(cache, Services, [
    service("web", {
      clusterIP: "10.96.0.5",
      ports: [
        { name: "http", port: 80 },
        { name: "dns", port: 53, protocol: "UDP" },
      ],
    }),
    service("db", { clusterIP: "None", ports: [{ name: "sql", port: 5432 }] }),
    service("bare", { clusterIP: "None" }),
    service("none", { clusterIP: "None", ports: [{ port: 80 }] }),
    service("outside", { type: "ExternalName", externalName: "www.example.com" }),
    service("inside", { type: "ExternalName", externalName: "web.default.svc.cluster.local" }),
    service("ring", { type: "ExternalName", externalName: "ring.default.svc.cluster.local" }),
  ]);
  fill(cache, EndpointSlices, [
    slice("web", [{ addresses: ["10.244.0.2"] }], [{ name: "http", port: 8080 }]),
    slice(
      "db",
      [
        { addresses: ["10.244.0.3"], hostname: "db-0" },
        { addresses: ["10.244.0.4"] },
        { addresses: ["10.244.0.9"], conditions: { ready: false } },
      ],
      [{ name: "sql", port: 5432 }],
    ),
    slice("bare", [{ addresses: ["10.244.0.6"] }], []),
  ]);
  const hosts: Record<string, string[]> = { "shop.example": ["10.96.0.11"] };
  return cacheZone(cache, { domain: "cluster.local", serial: () => 7, host: (name) => hosts[name] });
}

/** `A web.default` → what is answered, in short; names without a dot at their end get the cluster's domain. */
function ask(question: string): string {
  const [type = "", name = ""] = question.split(" ");
  const full = name.endsWith(".") ? name.slice(0, -1) : `${name}.cluster.local`;
  const reply = answer({ type: type as "A", name: full }, zone());
  if (!reply) return "forward";
  const code = Object.entries(rcodes).find(([, value]) => value === reply.rcode)?.[0];
  const records = (reply.answers ?? []).map((record) => {
    if (record.type === "SRV") return `${record.data.weight} ${record.data.port} ${record.data.target}`;
    return `${record.type} ${"data" in record ? String(record.data) : ""}`;
  });
  if (reply.follow) records.push(`follow ${reply.follow}`);
  return records.length > 0 ? records.join(", ") : `${code} ${(reply.authorities ?? []).map((r) => r.type)}`.trim();
}

const table: Record<string, string> = {
  "A web.default.svc": "A 10.96.0.5",
  "A WEB.Default.svc": "A 10.96.0.5",
  "AAAA web.default.svc": "noError SOA",
  "MX web.default.svc": "noError SOA",
  "A nothing.default.svc": "noSuchName SOA",
  "A web.elsewhere.svc": "noSuchName SOA",
  "A default.svc": "noError SOA",
  "A elsewhere.svc": "noSuchName SOA",
  "A svc": "noError SOA",
  "A cluster.local.": "noError SOA",
  "NS cluster.local.": "NS ns.dns.cluster.local",
  "A com": "noSuchName SOA",
  "TXT dns-version": "TXT 1.1.0",
  "A db.default.svc": "A 10.244.0.3, A 10.244.0.4",
  "A db-0.db.default.svc": "A 10.244.0.3",
  "A 10-244-0-4.db.default.svc": "A 10.244.0.4",
  "A 10-244-0-9.db.default.svc": "noSuchName SOA",
  "A 10-244-0-2.web.default.svc": "A 10.244.0.2",
  "A bare.default.svc": "A 10.244.0.6",
  "SRV bare.default.svc": "noError SOA",
  "A none.default.svc": "noSuchName SOA",
  "SRV _http._tcp.web.default.svc": "100 80 web.default.svc.cluster.local",
  "SRV _dns._udp.web.default.svc": "100 53 web.default.svc.cluster.local",
  "SRV _dns._tcp.web.default.svc": "noSuchName SOA",
  "A _http._tcp.web.default.svc": "A 10.96.0.5",
  "SRV web.default.svc": "50 80 web.default.svc.cluster.local, 50 53 web.default.svc.cluster.local",
  "SRV _sql._tcp.db.default.svc":
    "50 5432 db-0.db.default.svc.cluster.local, 50 5432 10-244-0-4.db.default.svc.cluster.local",
  "A outside.default.svc": "CNAME www.example.com, follow www.example.com",
  "CNAME outside.default.svc": "CNAME www.example.com",
  "A inside.default.svc": "CNAME web.default.svc.cluster.local, A 10.96.0.5",
  "A ring.default.svc": "serverFailure",
  "A 10-244-0-7.default.pod": "A 10.244.0.7",
  "AAAA 10-244-0-7.default.pod": "noError SOA",
  "A nonsense.default.pod": "noSuchName SOA",
  "PTR 5.0.96.10.in-addr.arpa.": "PTR web.default.svc.cluster.local",
  "PTR 3.0.244.10.in-addr.arpa.": "PTR db-0.db.default.svc.cluster.local",
  "PTR 1.1.1.1.in-addr.arpa.": "forward",
  "A shop.example.": "A 10.96.0.11",
  "AAAA shop.example.": "noError SOA",
  "A example.com.": "forward",
};

for (const [question, expected] of Object.entries(table)) test(question, () => assert.equal(ask(question), expected));

test("what does not exist names the zone's authority, with its serial and the time that this may be remembered", () => {
  const reply = answer({ type: "A", name: "no.default.svc.cluster.local" }, zone());
  const [soa] = reply?.authorities ?? [];
  assert.ok(soa?.type === "SOA");
  assert.deepEqual(
    [soa.name, soa.ttl, soa.data.serial, soa.data.minimum, soa.data.mname],
    ["cluster.local", 5, 7, 5, "ns.dns.cluster.local"],
  );
});

test("a service record brings the addresses of its target along", () => {
  const reply = answer({ type: "SRV", name: "_sql._tcp.db.default.svc.cluster.local" }, zone());
  assert.deepEqual(
    reply?.additionals?.map((record) => ("data" in record ? record.data : "")),
    ["10.244.0.3", "10.244.0.4"],
  );
});
