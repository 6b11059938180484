module "near" {
  source = "./near"
}

output "name" {
  value = module.near.name
}
