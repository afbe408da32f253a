import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import { lintBoard } from './board/lint-board.ts'
import { boardNames, renderBoard } from './board/render-board.ts'
import { stableJson } from './board/stable-json.ts'
import { fail } from './errors.ts'
import { type ProvisionedFile, type ProvisioningOptions, renderProvisioning } from './provision/provisioning.ts'

/** Every file that `spyglass dashboards build` writes, with its path relative to the output folder, which Grafana can take as its provisioning folder. */
export function renderAll(out: string, options: ProvisioningOptions): ProvisionedFile[] {
  const boards = boardNames.map((name) => {
    const board = renderBoard(name, options)
    const mistakes = lintBoard(board)
    if (mistakes.length > 0) throw fail('SPY_DASHBOARD_INVALID', [name, mistakes.length, mistakes.join('\n')])
    return { path: `boards/${board.uid}.json`, text: stableJson(board) }
  })
  return [...boards, ...renderProvisioning(options, resolve(out, 'boards'))]
}

/**
 * Writes boards, data source, provider and alert rules below `out`, and returns the paths written. Files with a password have mode 0600.
 * @throws SPY_DASHBOARDS_UNWRITABLE
 */
export function writeDashboards(out: string, options: ProvisioningOptions): string[] {
  const files = renderAll(out, options)
  try {
    // Whichever of the two the owner of alerting ruled out last time must not stay.
    for (const name of ['spyglass-rules.yaml', 'spyglass-rules.yaml.paused']) rmSync(join(out, 'prometheus', name), { force: true })
    return files.map(({ path, text, secret }) => {
      const file = join(out, path)
      mkdirSync(dirname(file), { recursive: true })
      rmSync(file, { force: true })
      writeFileSync(file, text, { mode: secret ? 0o600 : 0o644 })
      return file
    })
  } catch (error) {
    throw fail('SPY_DASHBOARDS_UNWRITABLE', [out, messageOf(error)], error)
  }
}
