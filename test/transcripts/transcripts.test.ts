import { clusterShell } from "#testing/cluster-shell.ts";
import { runTranscripts } from "#testing/transcript.ts";

runTranscripts(import.meta.dirname, () => clusterShell({ nodes: 2 }));
