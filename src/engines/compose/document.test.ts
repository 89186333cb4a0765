import { expect, test } from "vitest";
import { parse } from "yaml";
import { makeFactory, shop } from "../../../test/support/factories.ts";
import { deriveDesired } from "../../core/desired.ts";
import { renderCompose } from "./document.ts";

function render(env: string, projects: Readonly<Record<string, string>> = { shop }): string {
  return renderCompose(deriveDesired(makeFactory(env, projects), "/srv/factory"), "disinto");
}

const backend = "LLAMA_BASE_URL=http://host.docker.internal:8081\n";

test("two llama bots share one stanza, and each has its own names, credentials and volumes", () => {
  const text = render(`${backend}LLAMA_BOTS="dev-qwen dev-qwen2"\nCLAUDE_SHARED_DIR=/srv/claude\n`);

  expect(text).toMatchInlineSnapshot(`
    "name: disinto

    x-agents-mounts:
      - &agents_mount_1 {type: bind, source: /srv/claude, target: /srv/claude, read_only: true, bind: {create_host_path: false}}

    x-agents-llama-environment: &agents_llama_environment
      AGENT_BACKEND: http://host.docker.internal:8081
      AGENT_DATA: /home/agent/data
      AGENT_FACTORY_REPO: disinto-admin/disinto-factory
      AGENT_HARNESS: claude-code
      AGENT_HEALTH_PORT: "8080"
      AGENT_LIMITS: "{\\"minutes\\":120,\\"silence\\":30}"
      AGENT_MOUNTS: /srv/claude
      AGENT_POLL_INTERVAL: "60"
      AGENT_PROJECTS: "[{\\"name\\":\\"shop\\",\\"repo\\":{\\"owner\\":\\"acme\\",\\"name\\":\\"shop\\"},\\"primaryBranch\\":\\"main\\",\\"ci\\":{\\"provider\\":\\"external\\",\\"required\\":[],\\"whenAbsent\\":\\"block\\"},\\"limits\\":{\\"ciFixes\\":3,\\"reviewRounds\\":5,\\"infrastructureRetries\\":2,\\"mergeAttempts\\":5},\\"trustedAuthors\\":[]}]"
      AGENT_REPOS: /home/agent/repos
      AGENT_USERS: separate
      ANTHROPIC_BASE_URL: http://host.docker.internal:8081
      CLAUDE_MODEL: default
      EGRESS_PROXY: http://egress:3128
      FORGE_ANNOUNCED_URL: http://127.0.0.1:3000
      FORGE_URL: http://forgejo:3000

    # What all llama bots share; lists and maps are merged item by item below.
    x-agents-llama-base: &agents_llama_base
      image: disinto-agents:0.1.0
      command: [agent, run]
      restart: unless-stopped
      stop_grace_period: 2m
      labels:
        disinto.factory: disinto
      networks: [bots]
      logging:
        driver: json-file
        options:
          max-size: 10m
          max-file: "3"
      mem_limit: 4g
      memswap_limit: 4g
      cpus: 2
      pids_limit: 512
      init: true
      read_only: true
      tmpfs:
        - /tmp:exec,mode=1777,size=1g
      cap_drop:
        - ALL
      cap_add:
        - SETUID
        - SETGID
      security_opt:
        - no-new-privileges:true
      healthcheck:
        test:
          - CMD
          - node
          - -e
          - 'fetch("http://127.0.0.1:8080/healthz").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))'
        interval: 1m
        timeout: 10s
        retries: 3
        start_period: 1m

    services:
      forgejo:
        container_name: disinto-forgejo
        image: disinto-forge:0.1.0
        command: [serve, --bind, 0.0.0.0, --port, "3000", --folder, /data]
        restart: unless-stopped
        stop_grace_period: 2m
        labels:
          disinto.factory: disinto
        networks: [bots]
        logging:
          driver: json-file
          options:
            max-size: 10m
            max-file: "3"
        mem_limit: 2g
        memswap_limit: 2g
        cpus: 2
        pids_limit: 512
        init: true
        read_only: true
        tmpfs:
          - /tmp:exec,mode=1777,size=1g
        cap_drop:
          - ALL
        security_opt:
          - no-new-privileges:true
        volumes:
          - forgejo-data:/data
        healthcheck:
          test:
            - CMD
            - node
            - -e
            - 'fetch("http://127.0.0.1:3000/api/healthz").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))'
          interval: 10s
          timeout: 5s
          retries: 6
          start_period: 1m
      egress:
        container_name: disinto-egress
        image: disinto-agents:0.1.0
        command: [egress, serve]
        restart: unless-stopped
        stop_grace_period: 2m
        labels:
          disinto.factory: disinto
        user: "64000:64000"
        networks:
          bots:
            aliases:
              - host.docker.internal
          disinto-net: {}
        extra_hosts:
          - host.docker.internal:host-gateway
        logging:
          driver: json-file
          options:
            max-size: 10m
            max-file: "3"
        mem_limit: 256m
        memswap_limit: 256m
        cpus: 1
        pids_limit: 64
        init: true
        read_only: true
        tmpfs:
          - /tmp:exec,mode=1777,size=16m
        cap_drop:
          - ALL
        security_opt:
          - no-new-privileges:true
        environment:
          EGRESS_FOLDER: /home/agent/egress
        volumes:
          - {type: bind, source: /srv/factory/.disinto/egress, target: /home/agent/egress, read_only: true, bind: {create_host_path: false}}
        ports:
          - "127.0.0.1:3000:3000"
        healthcheck:
          test:
            - CMD
            - node
            - -e
            - 'fetch("http://127.0.0.1:3128/healthz").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))'
          interval: 10s
          timeout: 5s
          retries: 6
          start_period: 1m
      agents-llama-dev-qwen:
        <<: *agents_llama_base
        container_name: disinto-agents-dev-qwen
        environment:
          <<: *agents_llama_environment
          AGENT_NAME: dev-qwen
          AGENT_ROLES: dev
          FORGE_PASS: \${FORGE_PASS_DEV_QWEN}
          FORGE_TOKEN: \${FORGE_TOKEN_DEV_QWEN}
          FORGE_USER: dev-qwen
        volumes:
          - project-repos-dev-qwen:/home/agent/repos
          - agent-data-dev-qwen:/home/agent/data
          - *agents_mount_1
      agents-llama-dev-qwen2:
        <<: *agents_llama_base
        container_name: disinto-agents-dev-qwen2
        environment:
          <<: *agents_llama_environment
          AGENT_NAME: dev-qwen2
          AGENT_ROLES: dev
          FORGE_PASS: \${FORGE_PASS_DEV_QWEN2}
          FORGE_TOKEN: \${FORGE_TOKEN_DEV_QWEN2}
          FORGE_USER: dev-qwen2
        volumes:
          - project-repos-dev-qwen2:/home/agent/repos
          - agent-data-dev-qwen2:/home/agent/data
          - *agents_mount_1

    volumes:
      agent-data-dev-qwen:
      agent-data-dev-qwen2:
      forgejo-data:
      project-repos-dev-qwen:
      project-repos-dev-qwen2:

    networks:
      bots:
        driver: bridge
        internal: true
        driver_opts:
          com.docker.network.bridge.inhibit_ipv4: "true"
      disinto-net:
        driver: bridge
    "
  `);
});

test("a bot that only a project declares has the whole stanza, and no llama in its name", () => {
  const text = render("", { shop: `${shop}[agents.ada]\nbase_url = "http://model:1"\n` });

  expect(Object.keys(parse(text).services)).toEqual(["forgejo", "egress", "agents-ada"]);
  expect(text).not.toContain("llama");
});

test("no text that a YAML reader could take for something else, nor a dollar sign, changes", () => {
  for (const model of ["0o17", "yes", "1e3", "null", "~", "12:30", "a: b", "- x", "ü 漢", "#x"]) {
    const { services } = parse(render(`${backend}LLAMA_BOTS=a\nLLAMA_MODEL='${model}'\n`), {
      merge: true,
    });
    expect(services["agents-llama-a"].environment.CLAUDE_MODEL).toBe(model);
  }
  expect(render(`${backend}LLAMA_BOTS=a\nLLAMA_MODEL='a$b'\n`)).toContain('CLAUDE_MODEL: "a$$b"');
});

test("no service hides behind a profile, builds an image, or makes another one start", () => {
  const text = render(`${backend}LLAMA_BOTS="a b"\n`, {
    shop: `${shop}[agents.ada]\nbase_url = "http://m:1"\n`,
  });

  for (const service of Object.values(parse(text, { merge: true }).services)) {
    for (const key of ["profiles", "build", "depends_on"]) expect(service).not.toHaveProperty(key);
  }
});

test("a factory without bots is its forge and the way to it", () => {
  expect(Object.keys(parse(render("DISINTO_NAME=x\n")).services)).toEqual(["forgejo", "egress"]);
});

test("the order of LLAMA_BOTS and of lines in .env changes no byte", () => {
  const one = render(`${backend}LLAMA_BOTS="a b"\n`);
  const other = render(`# two bots\n\nLLAMA_BOTS=b,a\n${backend}`);

  expect(other).toBe(one);
});

test("a bot with an image or a limit of its own says so beside the shared stanza", () => {
  const section = '[agents.a]\nimage = "mine:1"\nmemory = "8g"\ncpus = 0.5\n';
  const text = render(`${backend}LLAMA_BOTS="a b c"\n`, { shop: shop + section });

  const { services } = parse(text, { merge: true });
  const [a, b] = [services["agents-llama-a"], services["agents-llama-b"]];
  expect(a).toMatchObject({ image: "mine:1", mem_limit: "8g", cpus: 0.5, pids_limit: 512 });
  expect(b).toMatchObject({ image: "disinto-agents:0.1.0", mem_limit: "4g", cpus: 2 });
});

test("what a bot has otherwise than the others stands in its own stanza", () => {
  const section = `[agents.b]
compact_pct = 60
image = "own:1"
memory = "512m"
cpus = 0.5
[agents.b.limits]
minutes = 5
`;
  const env = `${backend}LLAMA_BOTS="a b c"\nLLAMA_SLOTS=2\n`;
  const { services } = parse(render(env, { shop: shop + section }), { merge: true });

  expect(services["agents-llama-b"]).toMatchObject({
    image: "own:1",
    mem_limit: "512m",
    cpus: 0.5,
    environment: {
      AGENT_LIMITS: '{"minutes":5,"silence":30}',
      AGENT_SLOTS: "2",
      CLAUDE_AUTOCOMPACT_PCT_OVERRIDE: "60",
    },
  });
  expect(services["agents-llama-c"]).toMatchObject({
    image: "disinto-agents:0.1.0",
    mem_limit: "4g",
    environment: { AGENT_LIMITS: '{"minutes":120,"silence":30}', AGENT_SLOTS: "2" },
  });
  expect(services["agents-llama-c"].environment).not.toHaveProperty(
    "CLAUDE_AUTOCOMPACT_PCT_OVERRIDE",
  );
});
