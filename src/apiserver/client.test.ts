import { describeClient } from "#client/client.conformance.ts";
import { testServer } from "./test-server.ts";

describeClient("in process", async () => {
  const server = await testServer();
  return {
    client: server.client,
    compact: async () => server.storage.compact((await server.storage.revision()) + 1),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});
