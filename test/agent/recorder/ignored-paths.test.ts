import { afterEach, expect, test } from 'vitest'
import { isIgnored, setIgnoredPaths } from '../../../agent/src/recorder/ignored-paths.ts'

afterEach(() => setIgnoredPaths([]))

test('paths are ignored as they are given, with any query, and with a star whatever follows', () => {
  expect(isIgnored('/health')).toBe(false)
  setIgnoredPaths(['/health', '/internal/*', '/a.b'])
  const urls = ['/health', '/health?full=1', '/internal/', '/internal/x/y', '/a.b', '/healthy', '/health/', '/internal', '/axb', undefined]
  expect(urls.filter((url) => isIgnored(url))).toEqual(urls.slice(0, 5))
})
