import type { NameIn, ReadIn, WrittenIn } from "#grpc/messages.ts";

/** What we speak of etcd's API v3. */
export const etcdMessages = {
  messages: {
    ResponseHeader: { revision: [3, "int64"] },
    KeyValue: {
      key: [1, "bytes"],
      create_revision: [2, "int64"],
      mod_revision: [3, "int64"],
      value: [5, "bytes"],
    },

    RangeRequest: {
      key: [1, "bytes"],
      range_end: [2, "bytes"],
      limit: [3, "int64"],
      revision: [4, "int64"],
      sort_order: [5, "SortOrder"],
      sort_target: [6, "SortTarget"],
      keys_only: [8, "bool"],
    },
    RangeResponse: { header: [1, "ResponseHeader"], kvs: [2, "repeated KeyValue"], more: [3, "bool"] },
    PutRequest: { key: [1, "bytes"], value: [2, "bytes"], lease: [3, "int64"], prev_kv: [4, "bool"] },
    PutResponse: { prev_kv: [2, "KeyValue"] },
    DeleteRangeRequest: { key: [1, "bytes"], prev_kv: [3, "bool"] },
    DeleteRangeResponse: { prev_kvs: [3, "repeated KeyValue"] },
    Compare: {
      result: [1, "CompareResult"],
      target: [2, "CompareTarget"],
      key: [3, "bytes"],
      mod_revision: [6, "int64"],
    },
    RequestOp: {
      request_range: [1, "RangeRequest"],
      request_put: [2, "PutRequest"],
      request_delete_range: [3, "DeleteRangeRequest"],
    },
    ResponseOp: {
      response_range: [1, "RangeResponse"],
      response_put: [2, "PutResponse"],
      response_delete_range: [3, "DeleteRangeResponse"],
    },
    TxnRequest: {
      compare: [1, "repeated Compare"],
      success: [2, "repeated RequestOp"],
      failure: [3, "repeated RequestOp"],
    },
    TxnResponse: { header: [1, "ResponseHeader"], succeeded: [2, "bool"], responses: [3, "repeated ResponseOp"] },
    CompactionRequest: { revision: [1, "int64"] },
    CompactionResponse: {},

    LeaseGrantRequest: { TTL: [1, "int64"], ID: [2, "int64"] },
    LeaseGrantResponse: { ID: [2, "int64"], TTL: [3, "int64"] },

    WatchRequest: { create_request: [1, "WatchCreateRequest"] },
    WatchCreateRequest: {
      key: [1, "bytes"],
      range_end: [2, "bytes"],
      start_revision: [3, "int64"],
      prev_kv: [6, "bool"],
    },
    WatchResponse: {
      header: [1, "ResponseHeader"],
      created: [3, "bool"],
      canceled: [4, "bool"],
      compact_revision: [5, "int64"],
      cancel_reason: [6, "string"],
      events: [11, "repeated Event"],
    },
    Event: { type: [1, "EventType"], kv: [2, "KeyValue"], prev_kv: [3, "KeyValue"] },
  },
  enums: {
    SortOrder: ["NONE", "ASCEND", "DESCEND"],
    SortTarget: ["KEY", "VERSION", "CREATE", "MOD", "VALUE"],
    CompareResult: ["EQUAL", "GREATER", "LESS", "NOT_EQUAL"],
    CompareTarget: ["VERSION", "CREATE", "MOD", "VALUE", "LEASE"],
    EventType: ["PUT", "DELETE"],
  },
} as const;

export type Etcd = typeof etcdMessages;
export type Sent<N extends NameIn<Etcd>> = WrittenIn<Etcd, N>;
export type Got<N extends NameIn<Etcd>> = ReadIn<Etcd, N>;
