/**
 * Which addresses of receivers a command set. A user who may change settings need not be allowed to reach every machine that this one reaches, so
 * such an address must not lead to an internal target; one that the file has may.
 */
import type { ReceiverConfig, SpyglassConfig } from '@spyglass/process/config'
import { type Tree, valueAt } from './settings-tree.ts'

const ADDRESSES = ['url', 'proxy'] as const

export function withGuards(config: SpyglassConfig, file: Tree, settings: Tree): SpyglassConfig {
  const receivers = config.alerting.receivers.map((receiver) => withGuard(receiver, file, settings))
  return { ...config, alerting: { ...config.alerting, receivers } }
}

function withGuard(receiver: ReceiverConfig, file: Tree, settings: Tree): ReceiverConfig {
  const at = (tree: Tree, name: string): unknown => valueAt(tree, ['alerting', 'receivers', receiver.name, name])
  const guarded = ADDRESSES.filter((name) => receiver[name] !== undefined && at(settings, name) !== at(file, name))
  return guarded.length === 0 ? receiver : { ...receiver, guarded }
}
