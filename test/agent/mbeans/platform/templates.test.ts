/** What the templates of common tools ask for, by name: each read as that tool reads it must give a value. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type MBeanServer, createMBeanServer, pushInstance } from '../../../support/mbean-server.ts'

interface Asked {
  readonly tool: string
  readonly mbean: string
  readonly attributes: readonly string[]
}

const usage = (attribute: string) => ['used', 'committed', 'max'].map((item) => `${attribute}/${item}`)

const asked: readonly Asked[] = [
  // Telegraf, examples/tomcat.conf of jolokia2_agent: one member of a bulk for each, and one missing attribute loses the member.
  { tool: 'Telegraf', mbean: 'java.lang:type=OperatingSystem', attributes: ['ProcessCpuLoad', 'SystemLoadAverage', 'SystemCpuLoad'] },
  { tool: 'Telegraf', mbean: 'java.lang:type=Runtime', attributes: ['Uptime'] },
  {
    tool: 'Telegraf',
    mbean: 'java.lang:type=Memory',
    attributes: ['HeapMemoryUsage', 'NonHeapMemoryUsage', 'ObjectPendingFinalizationCount'],
  },
  { tool: 'Telegraf', mbean: 'java.lang:name=*,type=GarbageCollector', attributes: ['CollectionTime', 'CollectionCount'] },
  {
    tool: 'Telegraf',
    mbean: 'java.lang:type=Threading',
    attributes: ['TotalStartedThreadCount', 'ThreadCount', 'DaemonThreadCount', 'PeakThreadCount'],
  },
  {
    tool: 'Telegraf',
    mbean: 'java.lang:type=ClassLoading',
    attributes: ['LoadedClassCount', 'UnloadedClassCount', 'TotalLoadedClassCount'],
  },
  { tool: 'Telegraf', mbean: 'java.lang:name=*,type=MemoryPool', attributes: ['Usage', 'PeakUsage', 'CollectionUsage'] },
  {
    tool: 'Telegraf',
    mbean: 'Catalina:name=*,type=GlobalRequestProcessor',
    attributes: ['requestCount', 'bytesReceived', 'bytesSent', 'processingTime', 'errorCount'],
  },
  { tool: 'Telegraf', mbean: 'Catalina:name=*,type=ThreadPool', attributes: ['maxThreads', 'currentThreadCount', 'currentThreadsBusy'] },
  // Zabbix, "Generic Java JMX".
  { tool: 'Zabbix', mbean: 'java.lang:type=ClassLoading', attributes: ['LoadedClassCount', 'TotalLoadedClassCount', 'UnloadedClassCount'] },
  { tool: 'Zabbix', mbean: 'java.lang:type=Compilation', attributes: ['Name', 'TotalCompilationTime'] },
  {
    tool: 'Zabbix',
    mbean: 'java.lang:type=Memory',
    attributes: [...usage('HeapMemoryUsage'), ...usage('NonHeapMemoryUsage'), 'ObjectPendingFinalizationCount'],
  },
  {
    tool: 'Zabbix',
    mbean: 'java.lang:type=OperatingSystem',
    attributes: ['MaxFileDescriptorCount', 'OpenFileDescriptorCount', 'ProcessCpuLoad'],
  },
  { tool: 'Zabbix', mbean: 'java.lang:type=Runtime', attributes: ['Uptime', 'VmName', 'VmVersion'] },
  {
    tool: 'Zabbix',
    mbean: 'java.lang:type=Threading',
    attributes: ['DaemonThreadCount', 'PeakThreadCount', 'ThreadCount', 'TotalStartedThreadCount'],
  },
  { tool: 'Zabbix', mbean: 'java.lang:name=MarkSweepCompact,type=GarbageCollector', attributes: ['CollectionCount', 'CollectionTime'] },
  { tool: 'Zabbix', mbean: 'java.lang:name=old_space,type=MemoryPool', attributes: usage('Usage') },
  // Zabbix, "Apache Tomcat by JMX"; its ProtocolHandler and Manager have no counterpart.
  { tool: 'Zabbix', mbean: 'Catalina:type=Server', attributes: ['serverInfo'] },
  {
    tool: 'Zabbix',
    mbean: 'Catalina:name=http-8080,type=GlobalRequestProcessor',
    attributes: ['bytesReceived', 'bytesSent', 'errorCount', 'requestCount', 'processingTime'],
  },
  {
    tool: 'Zabbix',
    mbean: 'Catalina:name=http-8080,type=ThreadPool',
    attributes: ['currentThreadCount', 'maxThreads', 'currentThreadsBusy'],
  },
  // Datadog, the defaults of jmxfetch and the tomcat check.
  { tool: 'Datadog', mbean: 'java.lang:type=Memory', attributes: ['HeapMemoryUsage/init', 'NonHeapMemoryUsage/init'] },
  { tool: 'Datadog', mbean: 'java.nio:name=direct,type=BufferPool', attributes: ['MemoryUsed', 'TotalCapacity'] },
  { tool: 'Datadog', mbean: 'java.nio:name=mapped,type=BufferPool', attributes: ['Count', 'MemoryUsed', 'TotalCapacity'] },
  { tool: 'Datadog', mbean: 'Catalina:name=*,type=ThreadPool', attributes: ['minSpareThreads'] },
  // hawtio and JConsole.
  {
    tool: 'hawtio',
    mbean: 'java.lang:type=OperatingSystem',
    attributes: ['AvailableProcessors', 'CpuLoad', 'FreePhysicalMemorySize', 'TotalPhysicalMemorySize', 'Name', 'Version', 'Arch'],
  },
  {
    tool: 'hawtio',
    mbean: 'java.lang:type=Threading',
    attributes: ['ThreadContentionMonitoringEnabled', 'ThreadContentionMonitoringSupported'],
  },
  {
    tool: 'hawtio',
    mbean: 'java.lang:type=Runtime',
    attributes: ['Name', 'StartTime', 'SpecVersion', 'SystemProperties', 'InputArguments'],
  },
  {
    tool: 'JConsole',
    mbean: 'java.lang:type=OperatingSystem',
    attributes: ['CommittedVirtualMemorySize', 'FreeSwapSpaceSize', 'TotalSwapSpaceSize', 'ProcessCpuTime'],
  },
  { tool: 'JConsole', mbean: 'java.lang:type=Runtime', attributes: ['ClassPath', 'LibraryPath', 'BootClassPathSupported', 'VmVendor'] },
  { tool: 'JConsole', mbean: 'java.lang:type=Threading', attributes: ['AllThreadIds'] },
]

let server: MBeanServer
beforeAll(async () => {
  server = await createMBeanServer()
  pushInstance(server.registry, 'http-1')
  server.registry.adopt('keeper', { time: 0, resources: [{ kind: 'server', keys: { name: 's' }, values: { version: '1.2.3' } }] })
})
afterAll(() => server.app.close())

/** What a process has not measured yet when it is young: no collection, and not one tick of the system's clock. */
const MAY_BE_UNKNOWN = new Set(['CollectionUsage', 'CpuLoad', 'SystemCpuLoad'])

it.runIf(process.platform === 'linux').each(asked)('$tool reads $attributes of $mbean', async ({ mbean, attributes }) => {
  const names = [...new Set(attributes.map((attribute) => attribute.split('/')[0]!))]
  const { json } = await server.post([{ type: 'read', mbean, attribute: names }])
  const [answer] = json as unknown as { status: number; value: Record<string, unknown> }[]
  expect(answer).toMatchObject({ status: 200 })
  const beans = (mbean.includes('*') ? Object.values(answer!.value) : [answer!.value]) as Record<string, unknown>[]
  expect(beans.length).toBeGreaterThan(0)
  for (const bean of beans) {
    for (const attribute of attributes) {
      const [name = '', item] = attribute.split('/')
      const value = item === undefined ? bean[name] : (bean[name] as Record<string, unknown>)[item]
      if (!MAY_BE_UNKNOWN.has(name)) expect(value, attribute).not.toBeNull()
    }
  }
})

it.runIf(process.platform === 'linux')(
  'Telegraf reads its whole file in one request to /read, and no member fails but for what does not exist',
  async () => {
    const members = asked
      .filter(({ tool }) => tool === 'Telegraf')
      .map(({ mbean, attributes }) => ({ type: 'read', mbean, attribute: attributes }))
    const missing = {
      type: 'read',
      mbean: 'Catalina:J2EEApplication=*,J2EEServer=*,WebModule=*,name=jsp,type=JspMonitor',
      attribute: ['jspCount'],
    }
    const { body, statusCode } = await server.app.inject({ method: 'POST', url: '/jolokia/read', payload: [...members, missing] })
    expect(statusCode).toBe(200)
    const answers = JSON.parse(body) as { status: number; request: { mbean: string; attribute: unknown } }[]
    expect(answers.map(({ status }) => status)).toEqual([...members.map(() => 200), 404])
    // It finds the answer to a member by what the answer repeats of it.
    expect(answers.slice(0, -1).map(({ request }) => request.attribute)).toEqual(members.map(({ attribute }) => attribute))
  },
)

it.runIf(process.platform === 'linux')('no trigger of the templates fires at rest, and no limit is a magic number', async () => {
  const value = async (path: string) => (await server.get(`/jolokia/read/${path}`)).json.value as never
  const pool: Record<string, number> = await value('Catalina:type=ThreadPool,name=http-8080')
  expect(pool['maxThreads']).toBeGreaterThan(0)
  expect(pool['currentThreadsBusy']).toBeLessThan(pool['maxThreads']! * 0.75)
  const files: Record<string, number> = await value('java.lang:type=OperatingSystem')
  expect(files['OpenFileDescriptorCount']).toBeLessThan(files['MaxFileDescriptorCount']! * 0.85)
  expect(await value('java.lang:type=Compilation/Name')).not.toContain('Client')
})
