# What tools made for Terraform are tried on: modules, repetition, secrets, and one machine that policies object to
# unless `public` is false.
provider "tencentcloud" {
  region = var.region
}

variable "region" {
  default = "ap-guangzhou"
}

variable "public" {
  type    = bool
  default = true
}

variable "password" {
  default   = "not-Hunter-2"
  sensitive = true
}

resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
  tags       = { owner = "team-a" }
}

module "net" {
  source   = "./net"
  for_each = toset(["a", "b"])
  vpc      = tencentcloud_vpc.main.id
  name     = each.key
}

resource "tencentcloud_security_group" "open" {
  count = 2
  name  = "open-${count.index}"
}

resource "tencentcloud_instance" "web" {
  instance_name      = "web"
  availability_zone  = "ap-guangzhou-3"
  image_id           = "img-487zeit5"
  instance_type      = "S5.MEDIUM2"
  password           = var.password
  vpc_id             = tencentcloud_vpc.main.id
  subnet_id          = module.net["a"].subnet
  allocate_public_ip = var.public

  data_disks {
    data_disk_type = "CLOUD_SSD"
    data_disk_size = 50
  }

  depends_on = [tencentcloud_security_group.open]
}

output "address" {
  value = tencentcloud_instance.web.private_ip
}
