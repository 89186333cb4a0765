/** The single llama bot of an older installation: dev-qwen on the forge, by another service name. */
export const OLDER_LLAMA_SERVICE = "agents-llama";
export const OLDER_LLAMA_SUCCESSOR = "agents-llama-dev-qwen";
