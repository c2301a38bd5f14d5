/** The part of the YAML library that is used, in a module of its own: loaded when first needed, and found by a bundler. */
export { parseAllDocuments, stringify, type Tags } from "yaml";
