import type { UserInfo } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Registry } from "#kit/metrics.ts";
import type { ApiServer } from "../api-server.ts";
import type { Credentials } from "../authn/authenticator.ts";
import type { Attributes } from "../authz/authorizer.ts";
import { discovery } from "./discovery.ts";
import { jsonReply, textReply } from "./exchange.ts";
import { createHandler, type Handler, type HandlerOptions } from "./handler.ts";
import { type HealthChecks, healthPaths } from "./health.ts";
import { InFlight, type InFlightLimits } from "./in-flight.ts";
import { issuerPaths } from "./issuer-paths.ts";
import { openApi } from "./openapi.ts";
import { type PathTable, routePaths } from "./path-router.ts";
import { requestMetrics } from "./request-metrics.ts";
import { resourceHandler } from "./resource-handler.ts";
import { isReview, reviewHandler, withReviews } from "./reviews.ts";
import type { ServedResources } from "./served-resources.ts";
import { versionInfo } from "./version.ts";

export interface DoorOptions {
  readonly api: Pick<ApiServer, "dispatch" | "authorize" | "decide" | "rules" | "tokens">;
  readonly served: ServedResources;
  readonly authenticate: (credentials: Credentials) => Promise<UserInfo>;
  readonly health: HealthChecks;
  readonly metrics: Registry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: InFlightLimits;
  /** Logs, exec and the like. */
  readonly connections: HandlerOptions["connections"];
}

/** Everything that the server answers over HTTP, put together; give it to a listener. */
export function createDoor(options: DoorOptions): Handler {
  const { api, metrics, clock, log } = options;
  const served = withReviews(options.served);
  const objects = resourceHandler(api, clock);
  const { decide, rules, tokens } = api;
  const authorize = (attributes: Attributes) => api.authorize(attributes);
  const reviews = reviewHandler({ authorize, decide, rules, tokens, authenticate: options.authenticate }, clock);
  const inFlight = new InFlight(options.limits);
  const table: PathTable = {
    ...discovery(served),
    ...openApi(served),
    ...healthPaths(options.health),
    ...issuerPaths(tokens),
    "/version": () => jsonReply(200, versionInfo),
    "/metrics": async () => textReply(200, await metrics.metrics(), metrics.contentType),
  };
  const index = Object.keys(table).filter((path) => !path.endsWith("*"));
  const paths = routePaths({ ...table, "/": () => jsonReply(200, { paths: index.toSorted() }) });
  return createHandler({
    served,
    authenticate: options.authenticate,
    authorize,
    resources: (request, info) =>
      isReview(info.resource) ? reviews(request, info.resource, info.namespace) : objects(request, info),
    connections: options.connections,
    paths,
    inFlight,
    metrics: requestMetrics(metrics, inFlight),
    log,
  });
}
