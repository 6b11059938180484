module "b" {
  source = "./m"
}
module "k" {
  source = "./m"
  count  = 1
}
moved {
  from = module.a
  to   = module.b
}
moved {
  from = module.k
  to   = module.k[0]
}
