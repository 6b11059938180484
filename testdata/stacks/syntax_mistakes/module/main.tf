module "m" {
  source = "./m"
  needed = (
}

output "o" {
  value = module.m.out
}
