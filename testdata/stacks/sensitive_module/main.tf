module "m" {
  source = "./m"
}

output "s" {
  value = module.m.secret
}
