import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Folders of the published packages. The last part of a folder is the package's name. */
export const workspaces = ['agent', 'agent/mbeans', 'collector', 'snmp-bridge', 'dashboards', 'runtime', 'runtime/process'] as const
export type Workspace = (typeof workspaces)[number]

/** The workspace that a file belongs to: `agent/mbeans/src/…` is not of `agent`. */
export function workspaceOf(file: string): Workspace | undefined {
  return workspaces.filter((workspace) => file.startsWith(`${workspace}/`)).toSorted((a, b) => b.length - a.length)[0]
}

export const packageNameOf = (workspace: Workspace): string => `@spyglass/${workspace.split('/').at(-1)}`

/** Paths of all files of the project, tracked or new, without those that are ignored. */
export function projectFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' })
  return [...new Set(list.split('\0'))].filter((path) => path !== '' && existsSync(join(ROOT, path)))
}

export function readProjectFile(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** A module's text without its block comments and the lines that are comments. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
}

/** Everything that a module's text imports: static, dynamic, re-exported, types included. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text)
  const forms = [
    /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /\bimport\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
  ]
  return forms.flatMap((form) => [...code.matchAll(form)].map(([, specifier]) => specifier ?? ''))
}
