'use strict';
// A gateway that keeps nothing: it listens, and tells which version it is and what it was started with.
const http = require('node:http');
const path = require('node:path');

const answer = { version: path.basename(__dirname), pid: process.pid, args: process.argv.slice(2), cwd: process.cwd() };
const server = http.createServer((_, response) => response.end(JSON.stringify({ ...answer, told: process.env.TOLD })));
process.on('SIGTERM', () => process.exit(0));
server.listen(Number(process.env.PORT), '127.0.0.1');
