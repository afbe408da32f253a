#!/usr/bin/env node
/** The process `spyglass-snmp-bridge` and its command-line tools. */
import { parseArgs } from 'node:util'
import { configOfProcess, openProcessConfig } from '@spyglass/process/checked-config'
import { connectKeeper } from '@spyglass/process/keeper-link'
import { openOwnProcess, runOwnProcess } from '@spyglass/process/own-process'
import { parseOid } from './ber/oid.ts'
import { type Bridge, startBridge } from './bridge.ts'
import { mibText } from './mib/module-text.ts'

await runOwnProcess({
  command: 'spyglass-snmp-bridge',
  summary: 'SNMP agent over the MBean endpoint',
  options: `  --print-mib        print SPYGLASS-MIB and exit
  --root OID         with --print-mib: root of the module, instead of the configured one
  --check HOST...    ask SNMP agents (HOST or HOST:PORT) as a manager does, and report
`,
  main,
})

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      checked: { type: 'string' },
      data: { type: 'string' },
      'port-offset': { type: 'string' },
      'print-mib': { type: 'boolean' },
      root: { type: 'string' },
      check: { type: 'boolean' },
    },
  })
  if (values['print-mib']) process.stdout.write(mibText(parseOid(values.root ?? (await configOfProcess(argv)).snmp.root)))
  else if (values.check) await check(argv, positionals)
  else await serve(argv)
}

async function check(argv: readonly string[], targets: readonly string[]): Promise<void> {
  const { checkAgent, reportText } = await import('./manager/check.ts')
  const { config, secrets } = await openProcessConfig(argv)
  for (const target of targets.length > 0 ? targets : [config.snmp.host]) {
    process.stdout.write(`${reportText(await checkAgent(target, { config, secrets }))}\n`)
  }
}

async function serve(argv: readonly string[]): Promise<void> {
  const own = await openOwnProcess('snmp-bridge', argv)
  const starting = startBridge(own)
  const started: { bridge?: Bridge } = {}
  const link = connectKeeper({
    registry: own.registry,
    live: own.live,
    stop: async (_deadlineMs, withServer) => (await starting).stop({ withServer }),
    unready: () => started.bridge?.reasonsAgainst() ?? [],
  })
  started.bridge = await starting
  link.ready()
}
