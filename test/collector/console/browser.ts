/** Chromium as the console's visitors have it, with every violation of its policy and every error noted. */
import { type Browser, chromium, type Page } from 'playwright-core'

export interface Visit extends AsyncDisposable {
  readonly page: Page
  /** What the console of the browser said was wrong, policy violations among it. */
  readonly problems: string[]
  readonly browser: Browser
}

export async function openBrowser(options: { readonly colorScheme?: 'dark' | 'light' } = {}): Promise<Visit> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: options.colorScheme ?? 'dark',
    timezoneId: 'UTC',
  })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content Security Policy/.test(message.text())) problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  return { page, problems, browser, [Symbol.asyncDispose]: () => browser.close() }
}

export async function logIn(page: Page, url: string, { user, password }: { user: string; password: string }): Promise<void> {
  await page.goto(`${url}/`)
  await page.getByLabel('User').fill(user)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(`${url}/`)
}
