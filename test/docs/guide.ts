/** The pages of docs/contributing as a reader follows them: their blocks are applied to a copy of the sources. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { ROOT } from '../support/sources.ts'

interface Block {
  readonly language: string
  /** What follows the language: `file=…`, or a name. */
  readonly about: string
  readonly text: string
}

export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, 'docs/contributing', page), 'utf8')
  return [...text.matchAll(/^( *)```(\w+) (\S+)\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', language = '', about = '', body = '']) => ({
    language,
    about,
    text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}

/** Copies workspaces beside the project's node_modules, applies the page's blocks, and returns the folder. */
export function follow(page: string, workspaces: readonly string[]): string {
  mkdirSync(join(ROOT, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, '.cache', 'guide-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const workspace of workspaces) cpSync(join(ROOT, workspace), join(folder, workspace), { recursive: true })
  for (const { language, about, text } of blocksOf(page)) {
    const file = /^file=(.+)$/.exec(about)?.[1]
    if (file === undefined) continue
    const path = join(folder, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, language === 'diff' ? applied(readFileSync(path, 'utf8'), text, file) : text)
  }
  return folder
}

/** Inserts each added line behind the line that precedes it in the block. */
function applied(text: string, diff: string, file: string): string {
  const lines = text.split('\n')
  let at = -1
  for (const line of diff.split('\n').filter(Boolean)) {
    if (line.startsWith('+')) lines.splice(++at, 0, line.slice(1))
    else at = lines.indexOf(line.slice(1), at + 1)
    if (at < 0) throw new Error(`${file} has no line ${line.slice(1)}`)
  }
  return lines.join('\n')
}
