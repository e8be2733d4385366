// A real Chromium for tests that are written elsewhere: POST /PERSON/VERB with JSON does one thing in the browser of
// that person (a profile of its own, made at the first word) and answers with what is on the page then.
// `driver.mjs CHROMIUM PICTURES`; says in one line of JSON where it listens.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [executablePath, pictures] = process.argv.slice(2);
const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const browser = await chromium.launch({ executablePath, args: [...quiet, '--disable-component-update', '--disable-sync'] });

// How long the browser may take for one thing, in milliseconds.
const patience = 15000;
const people = new Map();

async function meet(name) {
  const context = await browser.newContext({ viewport: { width: 900, height: 640 } });
  context.setDefaultTimeout(patience);
  const person = { page: await context.newPage(), complaints: [], headers: {} };
  // Nothing leaves this machine: pages that load a font from far away go without it.
  await context.route(
    (url) => !['localhost', '127.0.0.1'].includes(url.hostname) && url.protocol.startsWith('http'),
    (route) => route.abort(),
  );
  person.page.on('response', (response) => {
    if (response.request().isNavigationRequest()) person.headers = response.headers();
  });
  // What a page's own rules forbid it, and scripts that fail; what was kept from loading, or refused, is not.
  person.page.on('console', (said) => {
    if (said.type() === 'error' && !said.text().startsWith('Failed to load resource')) person.complaints.push(said.text());
  });
  person.page.on('pageerror', (error) => person.complaints.push(String(error)));
  people.set(name, person);
  return person;
}

const verbs = {
  goto: ({ page }, { url }) => page.goto(url),
  fill: ({ page }, { at, value }) => page.fill(at, value),
  check: ({ page }, { at }) => page.check(at),
  click: ({ page }, { at }) => page.click(at),
  press: ({ page }, { key }) => page.keyboard.press(key),
  // Until this can be read.
  read: ({ page }, { text }) => page.getByText(text).first().waitFor(),
  value: async ({ page }, { at }) => ({ value: await page.inputValue(at) }),
  look: async () => {},
  // From now on a request to an address that begins so gets no further, and `caught` gives it. The library's own routes
  // do not see where an answer sends the browser on to; the browser itself does.
  hold: async (person, { url }) => {
    const session = await person.page.context().newCDPSession(person.page);
    person.caught = new Promise((found) => {
      session.on('Fetch.requestPaused', async ({ requestId, request }) => {
        found(request.url);
        await session.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
      });
    });
    await session.send('Fetch.enable', { patterns: [{ urlPattern: `${url}*` }] });
  },
  caught: async ({ caught }) => ({ caught: await Promise.race([caught, late()]) }),
  picture: async ({ page }, { name, dark, width, height }) => {
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    await page.setViewportSize({ width: width ?? 900, height: height ?? 640 });
    await page.screenshot({ path: join(pictures, `${name}.png`) });
  },
  leave: ({ page }) => page.context().close(),
};

function late() {
  return new Promise((_, fail) => setTimeout(() => fail(new Error('nothing was caught')), patience));
}

async function act(path, body) {
  const [, name, verb] = path.split('/');
  const person = people.get(name) ?? (await meet(name));
  const result = (await verbs[verb](person, body)) ?? {};
  if (verb === 'leave') return people.delete(name);
  const { page, complaints, headers } = person;
  const text = await page.evaluate(() => document.body?.innerText ?? '').catch(() => '');
  const html = await page.content().catch(() => '');
  return { url: page.url(), title: await page.title().catch(() => ''), text, html, headers, complaints, ...plain(result) };
}

/** Only what we made ourselves goes back; the library's own objects do not. */
function plain(result) {
  return Object.getPrototypeOf(result) === Object.prototype ? result : {};
}

const http = createServer(async (request, response) => {
  let sent = '';
  for await (const part of request) sent += part;
  try {
    const answer = await act(request.url, JSON.parse(sent || '{}'));
    response.end(JSON.stringify(answer));
  } catch (error) {
    const person = people.get(request.url.split('/')[1]);
    const where = person && !person.page.isClosed() ? `\nat ${person.page.url()}` : '';
    const text = where ? await person.page.evaluate(() => document.body?.innerText ?? '').catch(() => '') : '';
    response.statusCode = 500;
    response.end(`${error}${where}\n${text}`);
  }
});
http.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ address: `http://127.0.0.1:${http.address().port}` })));
