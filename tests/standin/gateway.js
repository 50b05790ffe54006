#!/usr/bin/env node
'use strict';
// A small gateway that behaves as real ones do: it migrates its PostgreSQL at start, then takes traffic.
// What a release does wrong is data: the "standin" object of its package.json.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { Client, Pool } = require('pg');

const { name: PACKAGE, version: VERSION, standin: FAULT = {} } = require('./package.json');
const MIGRATIONS = path.join(__dirname, 'migrations');
const LARGEST_BODY = 1 << 20;
let wellSince;
const say = (line) => process.stdout.write(`${line}\n`);

// pg tells of refused connections through an AggregateError, whose own message is empty.
const reason = (error) => error.message || error.errors?.[0]?.message || String(error.code ?? error);

function migrationNames() {
  const files = fs.readdirSync(MIGRATIONS).filter((file) => file.endsWith('.sql'));
  return files.map((file) => path.basename(file, '.sql')).sort();
}

async function connect() {
  const client = new Client({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // a lost connection fails the query that needs it
  await client.connect();
  return client;
}

async function pendingMigrations(client) {
  const { rows } = await client.query('SELECT name FROM standin_migrations');
  const applied = new Set(rows.map((row) => row.name));
  return migrationNames().filter((name) => !applied.has(name));
}

async function applyMigration(client, name) {
  const sql = fs.readFileSync(path.join(MIGRATIONS, `${name}.sql`), 'utf8');
  // PostgreSQL builds nothing CONCURRENTLY inside a transaction.
  const alone = sql.includes('CONCURRENTLY');
  if (!alone) await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO standin_migrations (name) VALUES ($1)', [name]);
    if (!alone) await client.query('COMMIT');
  } catch (error) {
    if (!alone) await client.query('ROLLBACK').catch(() => {});
    throw new Error(`migration failed: ${name}: ${reason(error)}`);
  }
  say(`migrated ${name}`);
}

async function migrate() {
  const client = await connect();
  try {
    await client.query("SELECT pg_advisory_lock(hashtext('standin_migrations'))");
    await client.query("SELECT set_config('standin.slow_ms', $1, false)", [process.env.STANDIN_SLOW_MS ?? '3000']);
    await client.query(
      `CREATE TABLE IF NOT EXISTS standin_migrations
         (id serial PRIMARY KEY, name text NOT NULL UNIQUE, run_on timestamptz NOT NULL DEFAULT clock_timestamp())`,
    );
    const pending = await pendingMigrations(client);
    // Some versions come up once, and never again.
    if (FAULT.once && !pending.length) throw new Error('this version cannot start twice');
    for (const name of pending) await applyMigration(client, name);
  } finally {
    await client.end();
  }
}

async function body(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > LARGEST_BODY) throw Object.assign(new Error('too large'), { status: 413 });
  }
  try {
    return JSON.parse(text) ?? {};
  } catch {
    throw Object.assign(new Error('not JSON'), { status: 400 });
  }
}

async function answer(pool, request) {
  const route = `${request.method} ${request.url.split('?')[0]}`;
  switch (route) {
    case 'GET /health': {
      if (FAULT.unhealthy) return [503, { status: 'starting', version: VERSION }];
      wellSince ??= Date.now();
      // On a busy machine an answer may stay out for a while, just after the first one came.
      const silence = wellSince + (FAULT.silent_ms ?? 0) - Date.now();
      if (wellSince !== Date.now() && silence > 0) await new Promise((done) => setTimeout(done, silence));
      return [200, { status: 'ok', version: VERSION }];
    }
    case 'GET /items': {
      const { rows } = await pool.query('SELECT * FROM items ORDER BY id');
      return [200, { items: rows }];
    }
    case 'POST /items': {
      const { name } = await body(request);
      if (typeof name !== 'string' || !name) return [400, { error: 'an item has a name' }];
      // Outside a transaction the statement's end is its commit, so the answer acknowledges what is stored.
      const { rows } = await pool.query('INSERT INTO items (name) VALUES ($1) RETURNING *', [name]);
      return [201, rows[0]];
    }
    default:
      return [404, { error: `nothing at ${route}` }];
  }
}

function serve() {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
  pool.on('error', (error) => say(`lost a database connection: ${reason(error)}`));
  const server = http.createServer(async (request, response) => {
    const [status, content] = await answer(pool, request).catch((error) => [
      error.status ?? 500,
      { error: reason(error) },
    ]);
    // Once stopping, a kept connection would only keep us here.
    if (!server.listening) response.setHeader('Connection', 'close');
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(content));
  });
  const stop = () => {
    server.close(() => pool.end().then(() => process.exit(0)));
    server.closeIdleConnections();
  };
  const { HTTP_HOST, HOST, HTTP_PORT, PORT } = process.env;
  const [host, port] = [HTTP_HOST ?? HOST ?? '127.0.0.1', Number(HTTP_PORT ?? PORT ?? 4000)];
  server.on('error', (error) => fail(error));
  server.listen(port, host, () => {
    process.once('SIGTERM', stop).once('SIGINT', stop);
    say(`${PACKAGE} ${VERSION} listens on ${host}:${server.address().port}`);
  });
}

async function refusePending() {
  const client = await connect();
  try {
    const pending = await pendingMigrations(client);
    if (pending.length) throw new Error(`pending migrations: ${pending.join(', ')}`);
  } finally {
    await client.end();
  }
}

// What a second service of the same image does: it writes, and nobody asks it anything.
async function work() {
  if (process.env.STANDIN_WORKER_FAILS === VERSION) throw new Error('this worker cannot work');
  process.once('SIGTERM', () => process.exit(0));
  say(`${PACKAGE} ${VERSION} works`);
  for (;;) {
    const client = await connect().catch(() => undefined);
    await client?.query('INSERT INTO items (name) VALUES ($1)', [`by a worker of ${VERSION}`]).catch(() => {});
    await client?.end().catch(() => {});
    await new Promise((done) => setTimeout(done, 100));
  }
}

// As some products do, it keeps code and version in folders of its own; an older version refuses a newer one's.
function moveFolders() {
  for (const folder of (process.env.STANDIN_FILES ?? '').split(':').filter(Boolean)) {
    const file = path.join(folder, 'version');
    const known = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    if (known > VERSION) throw new Error(`${folder} is of ${known}, newer than ${VERSION}`);
    fs.mkdirSync(path.join(folder, 'cache'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'cache', VERSION), VERSION);
    if (known === VERSION) continue;
    fs.writeFileSync(path.join(folder, `code-${VERSION}.js`), `// ${VERSION}`);
    if (known) fs.rmSync(path.join(folder, `code-${known}.js`));
    fs.writeFileSync(file, VERSION);
  }
}

async function start() {
  moveFolders();
  if (process.env.STANDIN_MIGRATES === 'elsewhere') {
    await refusePending();
    serve();
    return;
  }
  if (FAULT.serves_first) {
    serve();
    await new Promise((done) => setTimeout(done, FAULT.serves_first));
    await migrate();
    return;
  }
  await migrate();
  if (FAULT.exits !== undefined) {
    say('cannot go on');
    process.exitCode = FAULT.exits;
    return;
  }
  serve();
}

async function doctor() {
  await new Promise((done) => setTimeout(done, Number(process.env.STANDIN_DOCTOR_MS ?? '0')));
  const client = await connect();
  try {
    say('ok: the database answers');
    const pending = await pendingMigrations(client);
    if (pending.length) throw new Error(`pending migrations: ${pending.join(', ')}`);
    say('ok: no migration is pending');
    if (FAULT.sick) throw new Error(FAULT.sick);
  } finally {
    await client.end();
  }
}

// Not process.exit: output that goes into a pipe would be cut off.
function fail(error) {
  say(reason(error));
  // As careless as some: where it connects to, password and all.
  if (process.env.STANDIN_TELLS) say(`config: ${process.env.DATABASE_URL} ${process.env.STANDIN_TELLS}`);
  process.exitCode = 1;
}

const commands = { start, migrate, work, doctor, '--version': async () => say(VERSION) };
const command = commands[process.argv[2] ?? 'start'];
if (!command || process.argv.length > 3) {
  say(`usage: ${PACKAGE} [start | migrate | work | doctor | --version]`);
  process.exitCode = 2;
} else {
  command().catch(fail);
}
