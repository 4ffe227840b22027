module tillgate.dev/shop

go 1.24
