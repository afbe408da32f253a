/**
 * A link from a page or a chat is a cross-site navigation: the browser does not send a Strict cookie, and we land here although logged
 * in. A request from here sends the cookie. The fragment, which names the view, is kept across the login.
 */
const answer = await fetch('/session')
const { alive } = (await answer.json()) as { alive: boolean }
if (alive) location.replace(`/${location.hash}`)

const form = document.querySelector('form')
if (form) form.action = `/login${location.hash}`
