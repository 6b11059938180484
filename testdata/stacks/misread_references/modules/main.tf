module "m" {
  source = "./m"
}

module "many" {
  source = "./m"
  count  = 1
}

output "one" {
  value = module.m.nope
}

output "many" {
  value = module.many[0].nope
}
