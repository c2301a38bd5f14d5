import type { Component } from "#kit/scope.ts";

/** A node of a test cluster, which a test can take away and bring back. */
export interface TestNode extends Component {
  /** The text of its `/metrics/resource`. Rejects while the node is silent. */
  usage(): Promise<string>;
  /** The node falls silent, as if its network were cut; what it said stays. */
  fall(): void;
  /** The node can be heard again. It takes it some seconds of the clock to notice. */
  rise(): void;
}
