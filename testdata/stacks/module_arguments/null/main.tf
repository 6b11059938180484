module "m" {
  source = "./m"
  a      = null
  b      = null
}
output "b" {
  value = module.m.b
}
