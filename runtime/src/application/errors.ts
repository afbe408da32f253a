import { errorsOf } from '@spyglass/agent/contract'

/** Errors of applications that the server hosts. */
export const applicationErrors = {
  SPY_APPLICATION_FAILED: 'application %s in %s could not be started: %s',
  SPY_APPLICATION_NO_MAIN:
    'no program: %s does not exist. Name an existing file in "main" or "exports" of package.json, or as "entry" in spyglass.app.yaml.',
  SPY_APPLICATION_MANIFEST: 'cannot read %s: %s',
  SPY_APPLICATION_START_SCRIPT:
    'cannot tell which program "%s" (scripts.start in %s) starts: it is more than one command, or a tool that starts another process. Name the program as "entry" in spyglass.app.yaml, for instance "entry: dist/main.js".',
  SPY_APPLICATION_ENV_FILE: 'cannot read %s, which scripts.start names with --env-file: %s. Deploy it, or use --env-file-if-exists.',
  SPY_APPLICATION_NO_LISTENER:
    '%s was loaded, but within %d ms it neither listened on a TCP port other than 0 nor exported a handler, a factory or a server. If it has no port, set "worker: true" in spyglass.app.yaml; if it is slow to start, raise startTimeoutMs.',
  SPY_APPLICATION_ENDED:
    '%s ran to its end and never called listen() on a TCP port other than 0, nor does it export a handler, a factory or a server; nothing that it began is under way, so it never will. If it has no port, set "worker: true".',
  SPY_APPLICATION_STUCK:
    '%s waits at its top level (await) for something that never comes: its event loop is empty. Find the promise that nothing settles.',
  SPY_APPLICATION_NO_HANDLER:
    'the factory in %s returned %s. It must return a server, an instance of Fastify, Koa, Nest or Hono, a function (request, response) or { handler, close }.',
  SPY_APPLICATION_NO_FASTIFY: 'a Fastify plugin needs the package fastify in %s, which cannot be loaded: %s',
  SPY_APPLICATION_NOT_SHAREABLE:
    'only HTTP/1.1 servers can share a listener or a process with other applications. Give application %s its own listener and "isolation: own".',
  SPY_APPLICATION_PACKAGE:
    '%s: the package is not in the folder of the application, and none above it is used. Deploy the folder with its node_modules or with --install; a workspace of a monorepo by the root, with --entry.',
  SPY_APPLICATION_START_TIMEOUT: 'it did not start within %d ms. Raise startTimeoutMs, or find out what it is waiting for.',
  SPY_APPLICATION_TYPESCRIPT:
    '%s: %s. Node runs TypeScript by removing its types, without enums, namespaces, parameter properties, decorators, or file names without an ending. Install tsx in the application and set "import: [tsx]" in spyglass.app.yaml, or deploy compiled JavaScript.',
  SPY_ACCESS_REALM:
    'access in spyglass.app.yaml names the realm %s, and the application uses: %s. Add it to `realms` of application %s in spyglass.yaml.',
  SPY_ACCESS_CLUSTER:
    'application %s has access rules in spyglass.app.yaml and forks workers with node:cluster, where they cannot be checked. Use `replicas` instead of workers, or check roles in the application.',
  SPY_ACCESS_PROTOCOL:
    'application %s has access rules in spyglass.app.yaml, and its server is none of node:http or node:https, so that they cannot be checked. Let the listener speak HTTP/2 (tls.http2), or check roles in the application.',
  SPY_CONTEXT_PATH_TAKEN: 'the applications %s and %s have the same context path %s',
} as const

export const fail = errorsOf(applicationErrors)
