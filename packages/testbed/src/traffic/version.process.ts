/**
 * The smallest thing that can stand behind a Service: answers every request with its version and address.
 * Arguments: version, port, addresses. Tests of the traffic itself use it where a shop would only be in the way.
 */
import { createServer } from 'node:http';

const [version = '', port = '', ...addresses] = process.argv.slice(2);

for (const address of addresses) {
  createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain', 'x-shop-version': version, 'x-shop-pod': address });
    response.end('served\n');
  }).listen(Number(port), address);
}
