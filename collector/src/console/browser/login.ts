/**
 * A link from a page or a chat is another site's navigation: the browser holds a Strict cookie back and we land here though logged
 * in. Asked from here the cookie goes along. The fragment, which names the view, is carried over the login.
 */
const answer = await fetch('/session')
const { alive } = (await answer.json()) as { alive: boolean }
if (alive) location.replace(`/${location.hash}`)

const form = document.querySelector('form')
if (form) form.action = `/login${location.hash}`
