"""What every HTTP server of the project needs: where it listens, and whom it answers.

`sequencer serve` and `sequencer studio` use it; it knows the API of neither.

Modules:
    hosts: names and addresses: which lead to this server, and which page is its own.
    limits: how many requests an address may send, how many operations may run at once.
    bodies: request bodies, limited in size and time.
    connections: TCP connections, limited in number and in time.
    server: an application that is served on a port.
    guard: the middleware of a server whose only client is its own page.
"""
