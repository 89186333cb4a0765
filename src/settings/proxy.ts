/** The variable that names the egress service's proxy to whatever of ours runs inside. */
export const PROXY_KEY = "EGRESS_PROXY";
