resource "terraform_data" "n" {
  input = count.index
  count = 2
}
module "m" {
  source = "./m"
  count  = 1
}
moved {
  from = terraform_data.n[1]
  to   = terraform_data.c
}
moved {
  from = terraform_data.n[5]
  to   = terraform_data.d
}
moved {
  from = module.m[0]
  to   = module.o
}
