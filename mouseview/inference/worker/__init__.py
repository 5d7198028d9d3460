"""The engine in a process of its own: a torch-free ``client``, its ``server``, and the ``protocol`` between them."""
