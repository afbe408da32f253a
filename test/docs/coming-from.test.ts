/** The pages for those who come from elsewhere name commands and settings that exist. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../support/sources.ts'

const textOf = (path: string): string => readFileSync(join(ROOT, 'docs', path), 'utf8')
const commands = new Set([...textOf('reference/cli.md').matchAll(/^## ([a-z ]+)$/gm)].map(([, name]) => name!.split(' ')[0]!))
const settings = [...textOf('reference/configuration.md').matchAll(/^\| `([\w.[\]]+)`/gm)].map(([, name]) => name!)

const isSetting = (name: string): boolean =>
  settings.some((one) => one === name || one.startsWith(`${name}.`) || one.startsWith(`${name}[]`))
/** Sections of spyglass.yaml, of which the pages speak with their path. */
const SECTIONS = /`((?:listeners\[\]|applications\[\]|hosts\[\]|datasources\[\]|logs|server|deployment)\.[\w.[\]]+)[`=]/g

test.each(['how-to/coming-from-tomcat.md', 'how-to/coming-from-pm2.md', 'not-claimed.md'])('%s', (page) => {
  const text = textOf(page)
  const named = [...text.matchAll(/[`/ ]spyglass ([a-z]+)/g)].map(([, name]) => name!)
  expect(named.filter((name) => !commands.has(name))).toEqual([])
  expect([...text.matchAll(SECTIONS)].map(([, name]) => name!).filter((name) => !isSetting(name))).toEqual([])
})
