module "c" {
  source   = "./m"
  for_each = toset(["k"])
}
moved {
  from = module.b[0]
  to   = module.c["k"]
}
