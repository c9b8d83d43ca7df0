"""Three machines on one: network namespaces with servers, workers and folders of their own, and faults between them."""
