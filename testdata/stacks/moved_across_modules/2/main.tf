resource "terraform_data" "out" {
  input = "x"
}
module "m" {
  source = "./m"
}
module "k" {
  source   = "./k"
  for_each = toset(["y"])
}
moved {
  from = terraform_data.in
  to   = module.m.terraform_data.in
}
moved {
  from = module.m.terraform_data.out
  to   = terraform_data.out
}
moved {
  from = terraform_data.n
  to   = module.k["y"].terraform_data.n
}
