moved {
  from = data.terraform_data.a
  to   = terraform_data.b
}
