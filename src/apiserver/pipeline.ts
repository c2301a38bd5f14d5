import { randomUUID } from "node:crypto";
import { ApiError, expired } from "#api/meta/api-error.ts";
import { qualifiedName, type Resource } from "#api/resource.ts";
import type { ApiRequest, ApiResponse, Transport, UserInfo } from "#client/transport.ts";
import type { Logger } from "#kit/log.ts";
import { Compacted, StorageUnavailable } from "#storage/storage.ts";
import { type Attributes, type Authorizer, attributesOf, refusal } from "./authz/authorizer.ts";
import { anonymousUser } from "./authz/groups.ts";
import type { Admitted } from "./registry/registry.ts";

/** Answers requests about the objects of one kind. Throws ApiError. */
export interface RequestDesk {
  handle(request: Admitted): Promise<ApiResponse>;
}

export interface PipelineOptions {
  readonly registry: (resource: Resource) => RequestDesk | undefined;
  readonly authorizer: Authorizer;
  readonly log: Logger;
}

/** The way of every request, whichever door it came through: may they, then do it. Throws ApiError and nothing else. */
export class Pipeline implements Transport {
  readonly #options: PipelineOptions;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  async dispatch(request: ApiRequest): Promise<ApiResponse> {
    try {
      const user: UserInfo = request.user ?? anonymousUser;
      await this.authorize(attributesOf({ ...request, user }));
      const registry = this.#options.registry(request.resource);
      if (!registry) throw new ApiError("NotFound", "the server could not find the requested resource");
      return await registry.handle({ ...request, user });
    } catch (error) {
      throw this.#asApiError(error, request);
    }
  }

  /** Throws ApiError `Forbidden`. */
  async authorize(attributes: Attributes): Promise<void> {
    const { verdict, reason } = await this.#options.authorizer.authorize(attributes);
    if (verdict !== "allow") throw refusal(attributes, reason);
  }

  #asApiError(error: unknown, request: ApiRequest): ApiError {
    if (error instanceof ApiError) return error;
    if (error instanceof Compacted) return expired("The resourceVersion for the provided list is too old.");
    // no Retry-After: clients would send a write again that may have been carried out
    if (error instanceof StorageUnavailable) return new ApiError("ServiceUnavailable", error.message);
    const { verb, resource, namespace, name, subresource } = request;
    const message = error instanceof Error ? error.message : String(error);
    const auditId = randomUUID();
    const about = { auditId, verb, resource: qualifiedName(resource), subresource, namespace, name };
    this.#options.log.error({ err: error, ...about }, "a request failed unexpectedly");
    return new ApiError("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
  }
}
