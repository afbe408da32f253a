/** Beans under the names that monitoring templates for Tomcat and HikariCP know: views of our listeners and datasources, added up over instances. */
import { declareKind } from '@spyglass/agent/contract'

export const tomcatThreadPool = declareKind({
  name: 'tomcatThreadPool',
  domain: 'Catalina',
  type: 'ThreadPool',
  keys: ['name'],
  className: 'org.apache.tomcat.util.net.SocketProperties',
  description:
    'One listener, over all its instances. Node.js does not use a thread per request, so requests in flight count as busy threads.',
  metrics: false,
  attributes: {
    name: { type: 'string', role: 'key', description: 'Listener and port.' },
    port: { type: 'int', role: 'text', description: 'Port it listens on.' },
    running: { type: 'boolean', role: 'text', description: 'Whether an instance accepts connections on it.' },
    maxThreads: {
      type: 'int',
      role: 'gauge',
      description:
        'Maximum number of requests in flight: one per file descriptor that its processes may open, because each needs a connection. There is no other limit. Linux only.',
    },
    minSpareThreads: { type: 'int', role: 'gauge', description: 'Instances that serve it, each with one thread for JavaScript.' },
    currentThreadCount: { type: 'int', role: 'gauge', description: 'Requests in flight, and at least one for each instance.' },
    currentThreadsBusy: { type: 'int', role: 'gauge', description: 'Requests in flight.' },
    connectionCount: { type: 'long', role: 'gauge', description: 'Connections open now.' },
  },
})

export const tomcatRequestProcessor = declareKind({
  name: 'tomcatRequestProcessor',
  domain: 'Catalina',
  type: 'GlobalRequestProcessor',
  keys: ['name'],
  className: 'org.apache.coyote.RequestGroupInfo',
  description: 'Requests of one listener, over the current generations of all its instances.',
  metrics: false,
  attributes: {
    name: { type: 'string', role: 'key', description: 'Listener and port.' },
    requestCount: { type: 'long', role: 'counter', description: 'Requests received.' },
    errorCount: { type: 'long', role: 'counter', description: 'Requests answered with 500 or more, or aborted by an error.' },
    processingTime: { type: 'long', role: 'counter', unit: 'ms', description: 'Total duration of all requests that ended.' },
    bytesReceived: { type: 'long', role: 'counter', unit: 'By', description: 'Bytes received.' },
    bytesSent: { type: 'long', role: 'counter', unit: 'By', description: 'Bytes sent.' },
  },
})

export const tomcatServer = declareKind({
  name: 'tomcatServer',
  domain: 'Catalina',
  type: 'Server',
  keys: [],
  className: 'org.apache.catalina.mbeans.ContainerMBean',
  description: 'The server, under the name that Tomcat tools read the version from.',
  metrics: false,
  attributes: {
    serverInfo: { type: 'string', role: 'text', description: 'Product and version: Spyglass/1.2.3.' },
    serverNumber: { type: 'string', role: 'text', description: 'Version.' },
    stateName: { type: 'string', role: 'text', description: 'STARTED when an instance serves requests, else STARTING.' },
  },
})

export const tomcatManager = declareKind({
  name: 'tomcatManager',
  domain: 'Catalina',
  type: 'Manager',
  keys: ['host', 'context'],
  className: 'org.apache.catalina.mbeans.ManagedBean',
  description: 'Sessions of one name, over all processes. Several applications may share them, so the context is that name.',
  metrics: false,
  attributes: {
    host: { type: 'string', role: 'key', description: 'localhost, as in a Tomcat with one host.' },
    context: { type: 'string', role: 'key', description: 'A slash and the name of the sessions.' },
    name: { type: 'string', role: 'text', description: 'Name of the sessions.' },
    activeSessions: { type: 'int', role: 'gauge', description: 'Sessions that have not expired.' },
    sessionCounter: { type: 'long', role: 'counter', description: 'Sessions created.' },
    expiredSessions: { type: 'long', role: 'counter', description: 'Sessions found expired.' },
    rejectedSessions: { type: 'int', role: 'counter', description: 'New sessions refused.' },
  },
})

export const hikariPool = declareKind({
  name: 'hikariPool',
  domain: 'com.zaxxer.hikari',
  type: 'Pool ({name})',
  keys: ['name'],
  className: 'com.zaxxer.hikari.pool.HikariPool',
  description: 'One datasource, over all instances that have a pool of it.',
  metrics: false,
  attributes: {
    ActiveConnections: { type: 'int', role: 'gauge', description: 'Connections lent to borrowers.' },
    IdleConnections: { type: 'int', role: 'gauge', description: 'Connections open and not lent.' },
    TotalConnections: { type: 'int', role: 'gauge', description: 'Connections open.' },
    ThreadsAwaitingConnection: { type: 'int', role: 'gauge', description: 'Borrowers waiting for a connection.' },
  },
})

export const hikariPoolConfig = declareKind({
  name: 'hikariPoolConfig',
  domain: 'com.zaxxer.hikari',
  type: 'PoolConfig ({name})',
  keys: ['name'],
  className: 'com.zaxxer.hikari.HikariConfig',
  description: 'Settings of one datasource, summed over all instances that have a pool of it.',
  metrics: false,
  attributes: {
    PoolName: { type: 'string', role: 'key', description: 'Name of the datasource.' },
    MinimumIdle: { type: 'int', role: 'gauge', description: 'Connections kept open when idle.' },
    MaximumPoolSize: { type: 'int', role: 'gauge', description: 'Maximum number of open connections.' },
  },
})
