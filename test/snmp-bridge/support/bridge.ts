/** A whole bridge in this process, on a free port, over the real MBean endpoint. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { ensureSecrets, loadConfig, type Secrets, type SpyglassConfig, type TrapTargetConfig } from '@spyglass/process/config'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry, type Registry } from '@spyglass/agent/registry'
import { type Bridge, startBridge } from '@spyglass/snmp-bridge'

export interface TestBridge {
  readonly bridge: Bridge
  readonly config: SpyglassConfig
  readonly secrets: Secrets
  readonly registry: Registry
  readonly data: string
  /** Arguments of Debian's tools for this agent, with its MIB. */
  v2c(...rest: readonly string[]): string[]
  v3(...rest: readonly string[]): string[]
  stop(): Promise<void>
}

export interface TestBridgeOptions {
  readonly managementPort: number
  readonly trapTargets?: readonly Partial<TrapTargetConfig>[]
  readonly data?: string
  readonly pollIntervalMs?: number
  readonly community?: string
}

export async function startTestBridge(options: TestBridgeOptions): Promise<TestBridge> {
  const { managementPort, trapTargets = [], pollIntervalMs = 100, community = 'public' } = options
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'spyglass-bridge-'))
  const loaded = loadConfig({
    data,
    base: { management: { port: managementPort }, snmp: { community, pollIntervalMs, trapTargets, contact: 'ops@example.org' } },
  })
  const config = { ...loaded, snmp: { ...loaded.snmp, port: 0 } }
  const secrets = ensureSecrets(join(data, 'secrets.yaml'))
  const registry = createRegistry({ kindNamed })
  const bridge = await startBridge({ config, secrets, registry, logger: createLogger({ process: 'snmp-bridge', level: 'silent' }) })
  const { user, authPassword, privPassword } = secrets.snmp
  const mib = ['-M', join(data, 'mibs'), '-m', 'SPYGLASS-MIB', '-t', '2', '-r', '1']
  const target = `127.0.0.1:${bridge.port}`
  const v3 = ['-v3', '-l', 'authPriv', '-u', user, '-a', 'SHA-256', '-A', authPassword, '-x', 'AES', '-X', privPassword]
  return {
    bridge,
    config,
    secrets,
    registry,
    data,
    v2c: (...rest) => ['-v2c', '-c', community, ...mib, target, ...rest],
    v3: (...rest) => [...v3, ...mib, target, ...rest],
    async stop() {
      await bridge.stop()
      if (options.data === undefined) rmSync(data, { recursive: true, force: true })
    },
  }
}
